using System.Collections.Concurrent;
using FileAio.Engines;

namespace FileAio.Diagnostics;

/// <summary>
/// Calls into code that is not this library's (log providers), made on the thread pool in their order, by one work item at a time: code
/// that blocks holds up one thread of the pool and the calls behind it, and none of an engine's. Bounded.
/// </summary>
internal sealed class DeferredCalls(int capacity) : IThreadPoolWorkItem
{
    private readonly ConcurrentQueue<Action> _calls = new();
    private int _count, _scheduled;

    /// <summary>False where so many wait already.</summary>
    public bool TryAdd(Action call)
    {
        if (Interlocked.Increment(ref _count) > capacity)
        {
            Interlocked.Decrement(ref _count);
            return false;
        }

        _calls.Enqueue(call);
        Schedule();
        return true;
    }

    void IThreadPoolWorkItem.Execute()
    {
        while (_calls.TryDequeue(out Action? call))
        {
            Interlocked.Decrement(ref _count);
            try
            {
                call();
            }
            catch (Exception)
            {
                // An exception on a thread of the pool would end the process. A provider that throws loses its message.
            }
        }
        Interlocked.Exchange(ref _scheduled, 0);
        // What was added between the last look and the exchange found a work item, and queued none.
        if (!_calls.IsEmpty)
        {
            Schedule();
        }
    }

    private void Schedule()
    {
        if (Interlocked.Exchange(ref _scheduled, 1) == 0)
        {
            PoolQueue.Add(this);
        }
    }
}
