using System.Buffers;
using System.Collections.Concurrent;
using Microsoft.AspNetCore.Connections;

namespace Test.Shared;

/// <summary>Makes the pools of a server and adds up what they count.</summary>
public sealed class CountingPoolFactory(BlockKind kind = BlockKind.Movable) : IMemoryPoolFactory<byte>
{
    private readonly ConcurrentBag<CountingPool> _pools = [];

    public IReadOnlyCollection<CountingPool> Pools => _pools;
    public int Rented => _pools.Sum(pool => pool.Rented);
    public int EverRented => _pools.Sum(pool => pool.EverRented);

    public MemoryPool<byte> Create(MemoryPoolOptions? options = null)
    {
        CountingPool pool = new CountingPool(kind);
        _pools.Add(pool);
        return pool;
    }

    /// <summary>Waits until every block is back, and throws for a block that was misused.</summary>
    public async Task AllReturnedAsync()
    {
        await Deadline.Until(() => Rented == 0, () => $"{Rented} of {EverRented} blocks have not come back to their pools.");
        if (_pools.Sum(pool => pool.WrittenAfterReturn) is var written and > 0)
        {
            throw new InvalidOperationException($"{written} blocks were written to after their return.");
        }

        if (_pools.Sum(pool => pool.ReturnedTwice) is var twice and > 0)
        {
            throw new InvalidOperationException($"{twice} blocks were returned twice.");
        }
    }
}
