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
    /// of the loop iteration at the latest; a connection that pauses during a multishot receive keeps its buffers until the
    /// application has read enough. Receives without a free buffer are repeated into the connection's own memory
    /// (<c>transport.uring.buffer_shortages</c>). Default: 256. Allowed: a power of two, 1 to 32,768.
    /// </summary>
    public int ReceiveBuffers { get; set; } = 256;

    /// <summary>
    /// Gets or sets the size of a receive buffer in bytes. Larger data is received into the connection's own memory from the second receive
    /// on. Default: 4,096. Allowed: 512 to 65,536.
    /// </summary>
    public int ReceiveBufferSize { get; set; } = 4096;

    /// <summary>
    /// Gets or sets how connections receive. Default: <see cref="UringReceive.Auto"/>. If the kernel does not support multishot receives,
    /// it uses single ones, and so does <see cref="UringReceive.MultishotIntoRing"/>, with a warning.
    /// </summary>
    public UringReceive Receive { get; set; }

    /// <summary>
    /// Gets or sets whether large responses are sent without copying them into the kernel (Linux 6.2). The memory of a response is in use
    /// until the client has acknowledged it. A connection therefore sends at most <see cref="TransportOptions.MaxWriteBufferSize"/> in a
    /// round trip, and a slow client may fall below Kestrel's <c>MinResponseDataRate</c>. If the kernel refuses, or copies
    /// the bytes after all, as it always does on the loopback interface, the connection's further sends are ordinary ones
    /// (<c>transport.uring.zero_copy_refusals</c>). Default: false.
    /// </summary>
    public bool ZeroCopySend { get; set; }

    /// <summary>
    /// Gets or sets the number of bytes from which a send is a zero-copy one, if <see cref="ZeroCopySend"/> is set. Pinning pages is
    /// cheaper than copying only from some pages on. Default: 16,384, an estimate. Allowed: at least 1.
    /// </summary>
    public int ZeroCopySendThreshold { get; set; } = 16 * 1024;

    /// <summary>
    /// Gets or sets how long a loop that waits polls the network device's queues instead of waiting for interrupts, in microseconds (Linux
    /// 6.9). It lowers the latency of devices that support it, and uses a processor meanwhile. If the kernel refuses, a warning is logged.
    /// Default: 0 (never). Allowed: 0 to 1,000,000.
    /// </summary>
    public int NapiBusyPollMicroseconds { get; set; }

    /// <summary>
    /// Gets or sets whether a kernel thread for each loop takes operations from the submission queue (IORING_SETUP_SQPOLL). The loop then
    /// submits without a system call; the thread polls and uses a processor until the queue has been empty for a second. Default: false.
    /// </summary>
    public bool SqPoll { get; set; }

    /// <summary>
    /// Whether a connection goes on with zero-copy sends after the kernel has copied one. For tests: on the loopback interface it always
    /// does.
    /// </summary>
    internal bool IgnoresCopies { get; set; }

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

        if (ZeroCopySendThreshold < 1)
        {
            yield return $"{nameof(ZeroCopySendThreshold)} is {ZeroCopySendThreshold}; allowed: at least 1.";
        }

        if (NapiBusyPollMicroseconds is < 0 or > 1_000_000)
        {
            yield return $"{nameof(NapiBusyPollMicroseconds)} is {NapiBusyPollMicroseconds}; allowed: 0 to 1000000.";
        }

        if (!Enum.IsDefined(Receive))
        {
            yield return $"{nameof(Receive)} is {Receive}; allowed: {string.Join(", ", Enum.GetNames<UringReceive>())}.";
        }
    }
}
