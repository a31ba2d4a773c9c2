using System.Collections.Concurrent;
using FileAio.Threads;

namespace FileAio.Diagnostics;

/// <summary>
/// Runs calls of application code, such as log providers, on the thread pool, in order, one work item at a time. A call that blocks holds
/// up one pool thread and the calls behind it, but no engine thread. The queue is bounded.
/// </summary>
internal sealed class DeferredCalls(int capacity) : IThreadPoolWorkItem
{
    private readonly ConcurrentQueue<Action> _calls = new();
    private int _count, _scheduled;

    /// <summary>Queues a call. Returns false if the queue is full.</summary>
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
                // An unhandled exception on a pool thread ends the process. A provider that throws loses its message.
            }
        }
        Interlocked.Exchange(ref _scheduled, 0);
        // A call that was added between the last TryDequeue and the exchange did not queue a work item.
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
