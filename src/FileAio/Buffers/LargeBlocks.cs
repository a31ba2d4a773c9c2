using FileAio.Interop;

namespace FileAio.Buffers;

/// <summary>
/// Free blocks of one size that are too large for the garbage collector: with collection, 400 stalled clients used 670 KiB each, mostly
/// garbage. Blocks that a period did not use keep their addresses and return their pages to the kernel, so that memory use decreases
/// without a collection.
/// </summary>
internal sealed class LargeBlocks
{
    private readonly Lock _gate = new();
    private readonly FreeStack<AlignedBlock> _warm = new();
    private readonly Stack<AlignedBlock> _cold = new();

    public AlignedBlock? TryTake()
    {
        lock (_gate)
        {
            return _warm.TryTake() ?? (_cold.TryPop(out AlignedBlock? cold) ? cold : null);
        }
    }

    public void Return(AlignedBlock block)
    {
        lock (_gate)
        {
            _warm.Return(block);
        }
    }

    /// <summary>Releases the pages of blocks that were free since the last call.</summary>
    public void Trim()
    {
        lock (_gate)
        {
            foreach (AlignedBlock block in _warm.TakeUnused())
            {
                Libc.DropPages(block.Address, block.Length);
                _cold.Push(block);
            }
        }
    }

    public void Clear()
    {
        lock (_gate)
        {
            _warm.TakeAll();
            _cold.Clear();
        }
    }
}
