using System.Buffers;
using Microsoft.AspNetCore.Connections;

namespace Transport.Tests.Hostile;

/// <summary>What a memory pool that the application has registered does wrong.</summary>
public enum PoolFault
{
    None,
    RentThrows,
    MaxBufferSizeThrows,
    BlockIsEmpty,
    BlockIsOneByte,
    SpanThrows,
    PinThrows,
    ReturnThrows,
}

/// <summary>An application's memory pools, which fail on demand.</summary>
internal sealed class HostilePoolFactory : IMemoryPoolFactory<byte>
{
    private int _faulty;
    private volatile PoolFault _fault;
    private int _disposed;

    /// <summary>Whether disposing a pool throws.</summary>
    public bool DisposeThrows { get; init; }

    /// <summary>Pools disposed.</summary>
    public int Disposed => Volatile.Read(ref _disposed);

    /// <summary>Faults that have not happened yet.</summary>
    public int Left => Math.Max(0, Volatile.Read(ref _faulty));

    public MemoryPool<byte> Create(MemoryPoolOptions? options = null) => new Pool(this);

    /// <summary>The next <paramref name="count"/> uses of a pool fail in this way.</summary>
    public void Fail(PoolFault fault, int count = 1)
    {
        _fault = fault;
        Volatile.Write(ref _faulty, count);
    }

    private static InvalidOperationException Failure(PoolFault fault) => new($"The pool fails on purpose: {fault}.");

    private bool Meets(PoolFault fault) => _fault == fault && Volatile.Read(ref _faulty) > 0 && Interlocked.Decrement(ref _faulty) >= 0;

    private sealed class Pool(HostilePoolFactory factory) : MemoryPool<byte>
    {
        public override int MaxBufferSize
            => factory.Meets(PoolFault.MaxBufferSizeThrows) ? throw Failure(PoolFault.MaxBufferSizeThrows) : 4096;

        public override IMemoryOwner<byte> Rent(int minBufferSize = -1)
        {
            if (factory.Meets(PoolFault.RentThrows))
            {
                throw Failure(PoolFault.RentThrows);
            }

            PoolFault fault = PoolFault.None;
            foreach (PoolFault candidate in (PoolFault[])[PoolFault.BlockIsEmpty, PoolFault.BlockIsOneByte, PoolFault.SpanThrows,
                PoolFault.PinThrows, PoolFault.ReturnThrows])
            {
                fault = factory.Meets(candidate) ? candidate : fault;
            }

            return new Block(fault);
        }

        protected override void Dispose(bool disposing)
        {
            Interlocked.Increment(ref factory._disposed);
            if (factory.DisposeThrows)
            {
                throw new InvalidOperationException("The pool fails on purpose: Dispose.");
            }
        }
    }

    /// <summary>No array is behind it as far as the transport can see.</summary>
    private sealed class Block(PoolFault fault) : MemoryManager<byte>
    {
        private readonly byte[] _bytes =
            GC.AllocateArray<byte>(fault == PoolFault.BlockIsEmpty ? 0 : fault == PoolFault.BlockIsOneByte ? 1 : 4096, pinned: true);

        public override Memory<byte> Memory => CreateMemory(_bytes.Length);

        public override Span<byte> GetSpan() => fault == PoolFault.SpanThrows ? throw Failure(fault) : _bytes;

        public override MemoryHandle Pin(int elementIndex = 0)
            => fault == PoolFault.PinThrows ? throw Failure(fault) : _bytes.AsMemory(elementIndex).Pin();

        public override void Unpin()
        {
        }

        protected override void Dispose(bool disposing)
        {
            if (fault == PoolFault.ReturnThrows)
            {
                throw Failure(fault);
            }
        }
    }
}
