using System.Buffers;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace FileAio.Buffers;

/// <summary>
/// A block of <see cref="AlignedMemoryPool"/>: page-aligned, part of a pinned array (sockets require the array). A read into the block
/// holds it, so that it returns to the pool only after both its renter and the kernel have released it.
/// </summary>
internal sealed class AlignedBlock(AlignedMemoryPool pool, byte[] array, int offset, int length) : MemoryManager<byte>
{
    private int _owners;

    public int Length => length;

    public nint Address { get; } = Marshal.UnsafeAddrOfPinnedArrayElement(array, offset);

    /// <summary>Returns the block of the memory, and the offset in it; null for memory of another pool.</summary>
    public static AlignedBlock? Of(ReadOnlyMemory<byte> memory, out int start) =>
        MemoryMarshal.TryGetMemoryManager<byte, AlignedBlock>(memory, out AlignedBlock? block, out start, out _) ? block : null;

    public void Rented() => Volatile.Write(ref _owners, 1);

    public void Hold() => Interlocked.Increment(ref _owners);

    public void Release()
    {
        if (Interlocked.Decrement(ref _owners) == 0)
        {
            pool.Return(this);
        }
    }

    public override Span<byte> GetSpan() => new(array, offset, length);

    public override unsafe MemoryHandle Pin(int elementIndex = 0) =>
        new(Unsafe.AsPointer(ref array[offset + elementIndex])); // SAFETY: the array is allocated pinned, and lives as long as this block

    public override void Unpin()
    {
    }

    protected override bool TryGetArray(out ArraySegment<byte> segment)
    {
        segment = new ArraySegment<byte>(array, offset, length);
        return true;
    }

    /// <summary>Returns the block to the pool. Called by its renter, Kestrel's pipe.</summary>
    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            Release();
        }
    }
}
