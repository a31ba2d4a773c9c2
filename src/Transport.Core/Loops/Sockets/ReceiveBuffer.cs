using System.IO.Pipelines;

namespace Transport.Core.Loops.Sockets;

/// <summary>
/// The size of the memory that a receive requests from its pipe, the same on every model. It starts small and doubles each time that a
/// receive fills it.
/// </summary>
/// <param name="maximum">The maximum size, from <see cref="MaximumOf"/>.</param>
internal struct ReceiveBuffer(int maximum)
{
    /// <summary>The minimum, half of a Kestrel block: less is not worth a system call.</summary>
    private const int Minimum = 2048;

    /// <summary>The maximum that a bulk receive requests at once.</summary>
    private const int Maximum = 64 * 1024;

    private int _size = Minimum;

    /// <summary>Returns the maximum for a loop's receives: a bulk receive must not exceed a small read buffer by much.</summary>
    public static int MaximumOf(TransportOptions options) =>
        (int)Math.Clamp(options.MaxReadBufferSize is null or 0 ? long.MaxValue : options.MaxReadBufferSize.Value, Minimum, Maximum);

    /// <summary>Returns the memory for the next receive.</summary>
    /// <exception cref="InvalidOperationException">The memory pool returned an empty block: a receive into it would return 0, which means
    /// FIN.</exception>
    public readonly Memory<byte> Rent(PipeWriter input)
    {
        Memory<byte> buffer = input.GetMemory(_size);
        return buffer.IsEmpty
            ? throw new InvalidOperationException("The memory pool returned an empty block; a block has at least one byte.")
            : buffer;
    }

    /// <summary>Adapts the size to a receive.</summary>
    /// <returns>Whether the receive filled its buffer, so that there may be more data.</returns>
    public bool Received(nint bytes, int capacity)
    {
        bool filled = bytes == capacity;
        _size = filled ? Math.Min(_size * 2, maximum) : Minimum;
        return filled;
    }
}
