using System.Buffers;
using System.Collections.Concurrent;
using System.Numerics;
using System.Runtime.InteropServices;

namespace FileAio.Buffers;

/// <summary>
/// A pool for Kestrel whose blocks start on a page: a direct read can land in the response pipe's own memory, and nothing is copied.
/// Blocks are powers of two from 4 KiB (what Kestrel asks for) to 1 MiB (more than one read).
/// </summary>
internal sealed class AlignedMemoryPool : MemoryPool<byte>
{
    private const int Page = 4096;
    private const int MaxBlock = 1 << 20;

    // Small blocks are cut from slabs, as the slack that alignment costs would double a lone 4 KiB block.
    private const int Slab = 128 * 1024;
    private const int LargestSlabbed = 16 * 1024;

    // Large free blocks that are kept; more are left to the garbage collector. A guess: 64 responses' worth of 128 KiB.
    private const int KeptBytesPerClass = 8 << 20;

    private readonly ConcurrentQueue<AlignedBlock>[] _free =
        [.. Enumerable.Range(0, BitOperations.Log2(MaxBlock) - BitOperations.Log2(Page) + 1).Select(_ => new ConcurrentQueue<AlignedBlock>())];

    private int _rented;
    private bool _disposed;

    public override int MaxBufferSize => MaxBlock;

    /// <summary>Blocks that are out, with a renter or under a read.</summary>
    public int RentedBlocks => Volatile.Read(ref _rented);

    /// <summary>Overwrites what is returned, so that a test sees it when anybody still reads there.</summary>
    public static bool Poison { get; set; }

    public override IMemoryOwner<byte> Rent(int minBufferSize = -1)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(minBufferSize, MaxBlock);
        ObjectDisposedException.ThrowIf(_disposed, this);
        var size = (int)BitOperations.RoundUpToPowerOf2((uint)Math.Max(minBufferSize, Page));
        if (!Class(size).TryDequeue(out var block))
            block = Allocate(size);
        block.Rented();
        Interlocked.Increment(ref _rented);
        return block;
    }

    internal void Return(AlignedBlock block)
    {
        if (Poison)
            block.GetSpan().Fill(0xDB);
        Interlocked.Decrement(ref _rented);
        var free = Class(block.Length);
        if (!_disposed && (block.Length <= LargestSlabbed || free.Count < Math.Max(4, KeptBytesPerClass / block.Length)))
            free.Enqueue(block);
    }

    private AlignedBlock Allocate(int size)
    {
        var count = size <= LargestSlabbed ? Slab / size : 1;
        var array = GC.AllocateUninitializedArray<byte>((count * size) + Page, pinned: true);
        var offset = (int)(-Marshal.UnsafeAddrOfPinnedArrayElement(array, 0) & (Page - 1));
        for (var i = 1; i < count; i++)
            Class(size).Enqueue(new AlignedBlock(this, array, offset + (i * size), size));
        return new AlignedBlock(this, array, offset, size);
    }

    private ConcurrentQueue<AlignedBlock> Class(int size) => _free[BitOperations.Log2((uint)size) - BitOperations.Log2(Page)];

    protected override void Dispose(bool disposing)
    {
        _disposed = true;
        foreach (var free in _free)
            free.Clear();
    }
}
