using System.IO.Pipelines;

namespace Transport.Core.Loops;

/// <summary>
/// How much memory a receive asks its pipe for, the same on every model: little, and twice as much each time that what it asked for was
/// filled.
/// </summary>
/// <param name="maximum">The most it asks for, from <see cref="MaximumOf"/>.</param>
internal struct ReceiveBuffer(int maximum)
{
    /// <summary>At least half a block of Kestrel's: less is not worth a system call.</summary>
    private const int Minimum = 2048;

    /// <summary>The most that a bulk receive asks for at once.</summary>
    private const int Maximum = 64 * 1024;

    private int _size = Minimum;

    /// <summary>What a loop's receives may ask for: a bulk receive is not to overshoot a small read buffer by much.</summary>
    public static int MaximumOf(TransportOptions options) =>
        (int)Math.Clamp(options.MaxReadBufferSize is null or 0 ? long.MaxValue : options.MaxReadBufferSize.Value, Minimum, Maximum);

    /// <summary>Memory for the next receive.</summary>
    /// <exception cref="InvalidOperationException">The memory pool returned an empty block: a receive into it would return 0, which must not
    /// be taken for FIN.</exception>
    public readonly Memory<byte> Rent(PipeWriter input)
    {
        Memory<byte> buffer = input.GetMemory(_size);
        return buffer.IsEmpty ? throw new InvalidOperationException("The memory pool returned an empty block; a block has at least one byte.") : buffer;
    }

    /// <summary>Adapts to a receive.</summary>
    /// <returns>Whether it filled its buffer, so that there may be more.</returns>
    public bool Received(nint bytes, int capacity)
    {
        bool filled = bytes == capacity;
        _size = filled ? Math.Min(_size * 2, maximum) : Minimum;
        return filled;
    }
}
