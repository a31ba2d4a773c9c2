using System.Collections.Concurrent;
using FileAio.Threads;

namespace FileAio.Engines;

/// <summary>Runs the continuations of completed reads: inline ones on the engine thread, the others on the thread pool.</summary>
/// <remarks>
/// A work item per read would cost a context switch per read (85,000 per second where inline has 2,900, measured). So one work item drains
/// the queue.
/// <para>A continuation may block (a wrapped body that waits synchronously). So before each continuation, a further work item is queued if
/// more reads wait, as in the framework's SocketAsyncEngine.</para>
/// </remarks>
internal sealed class CompletionQueue(Action? afterEach = null) : IThreadPoolWorkItem
{
    // The batch limit: afterwards the work item queues itself again, so that the application's work items can run. The value of
    // SocketAsyncEngine.
    private const int MaxMilliseconds = 15;

    private readonly ConcurrentQueue<FileRead> _completed = new();

    // 1: a work item is queued and has not started.
    private int _scheduled;

    /// <summary>
    /// Whether this pool thread is running completions of this engine. Reads that a continuation starts are submitted after it returns.
    /// </summary>
    public bool IsDraining => EngineThread.IsDelivering(this);

    /// <summary>Runs the continuation here if the read is inline, or else on the pool. Called on the engine thread.</summary>
    public void Deliver(FileRead read, SysResult result)
    {
        if (read.IsInline)
        {
            read.SetResult(result);
            read.Complete();
        }
        else
        {
            Add(read, result);
        }
    }

    /// <summary>Queues the continuation of a read to the pool. Called on any thread.</summary>
    public void Add(FileRead read, SysResult result)
    {
        read.SetResult(result);
        _completed.Enqueue(read);
        Schedule();
    }

    void IThreadPoolWorkItem.Execute()
    {
        // Before the queue is read: a thread that adds later schedules another work item.
        Interlocked.Exchange(ref _scheduled, 0);
        long began = Environment.TickCount64;
        EngineThread.BeginDelivery(this);
        try
        {
            while (_completed.TryDequeue(out FileRead? read))
            {
                if (!_completed.IsEmpty)
                {
                    Schedule();
                }

                read.Complete();
                // After every read: the next continuation may block, and the reads that this one has started would wait for it.
                afterEach?.Invoke();
                if (Environment.TickCount64 - began >= MaxMilliseconds)
                {
                    break;
                }
            }
        }
        finally
        {
            EngineThread.EndDelivery();
            if (!_completed.IsEmpty)
            {
                Schedule();
            }
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
