using System.Buffers;
using System.Collections.Concurrent;
using System.Numerics;
using System.Runtime.InteropServices;

namespace FileAio.Buffers;

/// <summary>
/// A memory pool for Kestrel with blocks aligned to 4 KiB, so that direct reads go into the memory of the response pipe without a copy.
/// Block sizes are powers of two from 4 KiB (Kestrel's block) to 1 MiB (more than one read).
/// </summary>
internal sealed class AlignedMemoryPool : MemoryPool<byte>
{
    // Not the page size of the kernel, which may be 16 or 64 KiB: the largest alignment of direct reads, and Kestrel's block size.
    private const int Page = 4096;
    private const int MaxBlock = 1 << 20;

    // Small blocks are parts of slabs, because the padding for alignment would double a single 4 KiB block.
    private const int Slab = 128 * 1024;
    private const int LargestSlabbed = 16 * 1024;

    private readonly ConcurrentQueue<AlignedBlock>[] _small =
        [.. Enumerable.Range(0, ClassOf(LargestSlabbed) + 1).Select(_ => new ConcurrentQueue<AlignedBlock>())];
    private readonly LargeBlocks[] _large =
        [.. Enumerable.Range(0, ClassOf(MaxBlock) - ClassOf(LargestSlabbed)).Select(_ => new LargeBlocks())];
    private readonly Timer _trim;

    private int _rented;
    private bool _disposed;

    public AlignedMemoryPool()
    {
        _trim = new Timer(static state => ((AlignedMemoryPool)state!).Trim(), this, AlignedBufferPool.TrimPeriod,
            AlignedBufferPool.TrimPeriod);
    }

    public override int MaxBufferSize => MaxBlock;

    /// <summary>The number of blocks in use, by a renter or a read.</summary>
    public int RentedBlocks => Volatile.Read(ref _rented);

    /// <summary>Whether returned blocks are overwritten, so that a test detects a use after return.</summary>
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
