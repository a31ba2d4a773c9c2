using System.Numerics;
using Transport.Core;

namespace Transport.Uring;

/// <summary>
/// The options of the io_uring transport. Bound from the configuration section <c>Kestrel:Transport:Uring</c>. With the defaults a loop's
/// ring uses up to 1.2 MiB; buffers that were never used are not resident.
/// </summary>
public sealed class UringTransportOptions : TransportOptions
{
    /// <summary>
    /// Gets or sets the number of entries of each loop's submission queue. Operations that do not fit are submitted by the next call.
    /// Default: 1,024. Allowed: a power of two, 8 to 32,768.
    /// </summary>
    public int QueueDepth { get; set; } = 1024;

    /// <summary>
    /// Gets or sets the number of entries of each loop's completion queue. Completions that do not fit wait in the kernel
    /// (<c>transport.uring.overflows</c>). Default: 4,096. Allowed: a power of two, at least <see cref="QueueDepth"/>, at most 65,536.
    /// </summary>
    public int CompletionQueueDepth { get; set; } = 4096;

    /// <summary>
    /// Gets or sets the number of receive buffers that the connections of a loop share. A buffer is in use from its receive until the end
    /// of the loop iteration at the latest. Receives without a free buffer are repeated into the connection's own memory
    /// (<c>transport.uring.buffer_shortages</c>). Default: 256. Allowed: a power of two, 1 to 32,768.
    /// </summary>
    public int ReceiveBuffers { get; set; } = 256;

    /// <summary>
    /// Gets or sets the size of a receive buffer in bytes. Larger data is received into the connection's own memory from the second receive
    /// on. Default: 4,096. Allowed: 512 to 65,536.
    /// </summary>
    public int ReceiveBufferSize { get; set; } = 4096;

    /// <inheritdoc/>
    protected internal override IEnumerable<string> Validate()
    {
        foreach (string problem in base.Validate())
        {
            yield return problem;
        }

        if (QueueDepth is < 8 or > 32768 || !BitOperations.IsPow2(QueueDepth))
        {
            yield return $"{nameof(QueueDepth)} is {QueueDepth}; allowed: a power of two, 8 to 32768.";
        }

        if (CompletionQueueDepth < QueueDepth || CompletionQueueDepth > 65536 || !BitOperations.IsPow2(CompletionQueueDepth))
        {
            yield return $"{nameof(CompletionQueueDepth)} is {CompletionQueueDepth}; "
                + $"allowed: a power of two, {nameof(QueueDepth)} to 65536.";
        }

        if (ReceiveBuffers is < 1 or > 32768 || !BitOperations.IsPow2(ReceiveBuffers))
        {
            yield return $"{nameof(ReceiveBuffers)} is {ReceiveBuffers}; allowed: a power of two, 1 to 32768.";
        }

        if (ReceiveBufferSize is < 512 or > 65536)
        {
            yield return $"{nameof(ReceiveBufferSize)} is {ReceiveBufferSize}; allowed: 512 to 65536.";
        }
    }
}
