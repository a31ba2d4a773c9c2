using System.Buffers;
using System.Collections.Concurrent;
using System.Numerics;
using System.Runtime.InteropServices;

namespace FileAio.Buffers;

/// <summary>
/// A pool for Kestrel whose blocks are aligned to 4 KiB: a direct read can land in the response pipe's own memory, and nothing is copied.
/// Blocks are powers of two from 4 KiB (what Kestrel asks for) to 1 MiB (more than one read).
/// </summary>
internal sealed class AlignedMemoryPool : MemoryPool<byte>
{
    // Not the kernel's page, which may be 16 or 64 KiB: what direct reads ask for at most, and Kestrel's block.
    private const int Page = 4096;
    private const int MaxBlock = 1 << 20;

    // Small blocks are cut from slabs, as the slack that alignment costs would double a lone 4 KiB block.
    private const int Slab = 128 * 1024;
    private const int LargestSlabbed = 16 * 1024;

    private readonly ConcurrentQueue<AlignedBlock>[] _small = [.. Enumerable.Range(0, ClassOf(LargestSlabbed) + 1).Select(_ => new ConcurrentQueue<AlignedBlock>())];
    private readonly LargeBlocks[] _large = [.. Enumerable.Range(0, ClassOf(MaxBlock) - ClassOf(LargestSlabbed)).Select(_ => new LargeBlocks())];
    private readonly Timer _trim;

    private int _rented;
    private bool _disposed;

    public AlignedMemoryPool()
    {
        _trim = new Timer(static state => ((AlignedMemoryPool)state!).Trim(), this, AlignedBufferPool.TrimPeriod, AlignedBufferPool.TrimPeriod);
    }

    public override int MaxBufferSize => MaxBlock;

    /// <summary>Blocks that are out, with a renter or under a read.</summary>
    public int RentedBlocks => Volatile.Read(ref _rented);

    /// <summary>Overwrites what is returned, so that a test sees it when anybody still reads there.</summary>
    public static bool Poison { get; set; }

    public override IMemoryOwner<byte> Rent(int minBufferSize = -1)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(minBufferSize, MaxBlock);
        ObjectDisposedException.ThrowIf(_disposed, this);
        int size = (int)BitOperations.RoundUpToPowerOf2((uint)Math.Max(minBufferSize, Page));
        AlignedBlock block = TryTake(size) ?? Allocate(size);
        block.Rented();
        Interlocked.Increment(ref _rented);
        return block;
    }

    internal void Return(AlignedBlock block)
    {
        if (Poison)
        {
            block.GetSpan().Fill(0xDB);
        }

        Interlocked.Decrement(ref _rented);
        if (_disposed)
        {
            return;
        }

        if (block.Length <= LargestSlabbed)
        {
            Small(block.Length).Enqueue(block);
        }
        else
        {
            Large(block.Length).Return(block);
        }
    }

    private AlignedBlock? TryTake(int size)
    {
        if (size > LargestSlabbed)
        {
            return Large(size).TryTake();
        }

        return Small(size).TryDequeue(out AlignedBlock? block) ? block : null;
    }

    private AlignedBlock Allocate(int size)
    {
        int count = size <= LargestSlabbed ? Slab / size : 1;
        byte[] array = GC.AllocateUninitializedArray<byte>((count * size) + Page, pinned: true);
        int offset = (int)(-Marshal.UnsafeAddrOfPinnedArrayElement(array, 0) & (Page - 1));
        for (int i = 1; i < count; i++)
        {
            Small(size).Enqueue(new AlignedBlock(this, array, offset + (i * size), size));
        }

        return new AlignedBlock(this, array, offset, size);
    }

    private ConcurrentQueue<AlignedBlock> Small(int size) => _small[ClassOf(size)];

    private LargeBlocks Large(int size) => _large[ClassOf(size) - ClassOf(LargestSlabbed) - 1];

    private static int ClassOf(int size) => BitOperations.Log2((uint)size) - BitOperations.Log2(Page);

    private void Trim()
    {
        foreach (LargeBlocks blocks in _large)
        {
            blocks.Trim();
        }
    }

    protected override void Dispose(bool disposing)
    {
        _disposed = true;
        _trim.Dispose();
        foreach (ConcurrentQueue<AlignedBlock> free in _small)
        {
            free.Clear();
        }

        foreach (LargeBlocks blocks in _large)
        {
            blocks.Clear();
        }
    }
}
