using FileAio.Interop;

namespace FileAio.Buffers;

/// <summary>
/// Free blocks of one size, too large to be left to the garbage collector: where it had to take them, 400 stalled clients came to 670 KiB
/// each, most of it dead blocks. What a period did not need keeps its addresses and gives its pages back, so that memory follows use
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

    /// <summary>Drops the pages of blocks that were free ever since the last call.</summary>
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
