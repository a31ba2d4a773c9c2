using static Shared.Uring.Interop.IoUring;

namespace Transport.Uring.Rings;

/// <summary>
/// Receive buffers that all connections of a loop share. The kernel takes one when there is data to receive, and the loop returns it as
/// soon as its bytes are in the pipe. A page that was never used is not resident. Loop thread.
/// </summary>
internal sealed unsafe class BufferRing : IDisposable
{
    /// <summary>The only buffer group of the ring.</summary>
    public const ushort Group = 0;

    /// <summary>The tail of struct io_uring_buf_ring shares memory with the last field of the first entry.</summary>
    public const int TailOffset = 14;

    private readonly int _count;
    private readonly int _size;
    private readonly nuint _entriesLength;
    private readonly nuint _buffersLength;
    private byte* _entries;
    private byte* _buffers;
    private ushort _tail;

    /// <exception cref="IOException">The kernel refused; the message starts with the call.</exception>
    public BufferRing(Ring ring, int count, int size)
    {
        _count = count;
        _size = size;
        _entriesLength = (nuint)(count * sizeof(io_uring_buf));
        _buffersLength = (nuint)count * (nuint)size;
        try
        {
            // SAFETY: mapped until Dispose, which is called after the ring is closed and no operation is in flight.
            _entries = Ring.Map(-1, _entriesLength, 0);
            _buffers = Ring.Map(-1, _buffersLength, 0);
            io_uring_buf_reg registration = new() { ring_addr = (ulong)_entries, ring_entries = (uint)count, bgid = Group };
            ring.Register(IORING_REGISTER_PBUF_RING, &registration, 1).ThrowIfError("io_uring_register(PBUF_RING)");
        }
        catch
        {
            Dispose();
            throw;
        }

        for (int i = 0; i < count; i++)
        {
            Return((ushort)i);
        }
    }

    /// <summary>Returns the buffer that a completion has used.</summary>
    public static ushort IdOf(uint flags) => (ushort)(flags >> IORING_CQE_BUFFER_SHIFT);

    /// <summary>The number of buffers.</summary>
    public int Count => _count;

    /// <summary>The size of a buffer in bytes.</summary>
    public int Size => _size;

    /// <summary>The memory of the buffers and their ring in bytes.</summary>
    public nuint Length => _entriesLength + _buffersLength;

    /// <summary>The bytes that the kernel has written; valid until <see cref="Return"/>.</summary>
    public ReadOnlySpan<byte> Read(ushort id, int length) => new(_buffers + ((nint)id * _size), length);

    /// <summary>Returns a buffer to the kernel.</summary>
    public void Return(ushort id)
    {
        io_uring_buf* entry = (io_uring_buf*)_entries + (_tail & (_count - 1));
        entry->addr = (ulong)(_buffers + ((nint)id * _size));
        entry->len = (uint)_size;
        entry->bid = id;
        _tail++;

        // The entry is written before the kernel sees the tail.
        Volatile.Write(ref *(ushort*)(_entries + TailOffset), _tail);
    }

    public void Dispose()
    {
        Ring.Unmap(ref _entries, _entriesLength);
        Ring.Unmap(ref _buffers, _buffersLength);
    }
}
