using System.Buffers;
using System.Runtime.InteropServices;

namespace Test.Shared;

/// <summary>How the blocks of a <see cref="CountingPool"/> lie in memory.</summary>
public enum BlockKind
{
    /// <summary>Arrays that the collector may move.</summary>
    Movable,

    /// <summary>Native memory, behind which there is no array.</summary>
    Native,
}

/// <summary>
/// Counts its blocks, and refuses what Kestrel's pool would let pass: blocks are neither 4096 bytes nor pinned, come filled with rubbish,
/// and a write to a block after its return is found when it is next rented.
/// </summary>
public sealed class CountingPool(BlockKind kind) : MemoryPool<byte>
{
    public const int BlockSize = 3001;
    private const byte Poison = 0xDB;

    private readonly Lock _lock = new();
    private readonly Stack<Block> _free = [];
    private int _rented;
    private int _everRented;
    private int _writtenAfterReturn;
    private int _returnedTwice;

    public override int MaxBufferSize => BlockSize;
    public int Rented => Volatile.Read(ref _rented);
    public int EverRented => Volatile.Read(ref _everRented);
    public int WrittenAfterReturn => Volatile.Read(ref _writtenAfterReturn);
    public int ReturnedTwice => Volatile.Read(ref _returnedTwice);
    public bool Disposed { get; private set; }

    public override IMemoryOwner<byte> Rent(int minBufferSize = -1)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(minBufferSize, BlockSize);
        lock (_lock)
        {
            if (!_free.TryPop(out Block? block))
            {
                block = kind == BlockKind.Movable ? new ArrayBlock(this) : new NativeBlock(this);
            }
            else if (block.Memory.Span.ContainsAnyExcept(Poison))
            {
                _writtenAfterReturn++;
            }

            block.Memory.Span.Fill(Poison);
            block.Out = true;
            _rented++;
            _everRented++;
            return block;
        }
    }

    protected override void Dispose(bool disposing) => Disposed = true;

    private void Return(Block block)
    {
        lock (_lock)
        {
            if (!block.Out)
            {
                _returnedTwice++;
                return;
            }
            block.Out = false;
            block.Memory.Span.Fill(Poison);
            _free.Push(block);
            _rented--;
        }
    }

    private abstract class Block : MemoryManager<byte>
    {
        public bool Out;
    }

    private sealed class ArrayBlock(CountingPool pool) : Block
    {
        private readonly byte[] _array = new byte[BlockSize];

        public override Memory<byte> Memory => CreateMemory(BlockSize);
        public override Span<byte> GetSpan() => _array;

        public override MemoryHandle Pin(int elementIndex = 0)
            => ((Memory<byte>)_array)[elementIndex..].Pin();

        public override void Unpin()
        {
        }

        protected override bool TryGetArray(out ArraySegment<byte> segment)
        {
            segment = _array;
            return true;
        }

        protected override void Dispose(bool disposing) => pool.Return(this);
    }

    /// <summary>Never freed: a test that writes to it too late must find its error, not another's memory.</summary>
    private sealed unsafe class NativeBlock(CountingPool pool) : Block
    {
        private readonly byte* _block = (byte*)NativeMemory.Alloc(BlockSize);

        public override Memory<byte> Memory => CreateMemory(BlockSize);
        public override Span<byte> GetSpan() => new(_block, BlockSize);
        public override MemoryHandle Pin(int elementIndex = 0) => new(_block + elementIndex, default, this);

        public override void Unpin()
        {
        }

        protected override void Dispose(bool disposing) => pool.Return(this);
    }
}
