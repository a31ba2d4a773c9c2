using System.Collections.Concurrent;

namespace FileAio.Engines;

/// <summary>
/// Brings completed reads to those who wait for them: on the engine's thread the reads that want to go on there, the others on the thread
/// pool. A work item a read would cost a context switch a read (85,000 a second where inline costs 2,900, measured): so one work item
/// drains whatever has come.
/// <para>What a read continues with may block (a wrapped body that waits synchronously). So before each one a further work item is queued
/// where more reads wait: another thread of the pool takes those, as the framework's SocketAsyncEngine has it.</para>
/// </summary>
internal sealed class CompletionQueue(Action? afterEach = null) : IThreadPoolWorkItem
{
    // Then the work item queues itself again, so that the application's have their turn. The value of SocketAsyncEngine.
    private const int MaxMilliseconds = 15;

    [ThreadStatic]
    private static CompletionQueue? t_draining;

    private readonly ConcurrentQueue<FileRead> _completed = new();

    // 1: a work item is queued, and has not begun to look.
    private int _scheduled;

    /// <summary>True on a thread of the pool that is just bringing completions of any engine.</summary>
    public static bool IsAnyDraining => t_draining is not null;

    /// <summary>
    /// True on a thread of the pool that is just bringing this engine's completions: what a continuation submits is handed over when it
    /// returns.
    /// </summary>
    public bool IsDraining => ReferenceEquals(t_draining, this);

    /// <summary>Engine's thread: goes on with the read here if it wants that, else has the pool do it.</summary>
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

    /// <summary>Any thread: has the pool bring a read.</summary>
    public void Add(FileRead read, SysResult result)
    {
        read.SetResult(result);
        _completed.Enqueue(read);
        Schedule();
    }

    void IThreadPoolWorkItem.Execute()
    {
        // Before the queue is looked at: who adds from here on schedules another.
        Interlocked.Exchange(ref _scheduled, 0);
        long began = Environment.TickCount64;
        t_draining = this;
        try
        {
            while (_completed.TryDequeue(out FileRead? read))
            {
                if (!_completed.IsEmpty)
                {
                    Schedule();
                }

                read.Complete();
                // Not some reads later: the next continuation may block, and what this one has submitted would wait for it.
                afterEach?.Invoke();
                if (Environment.TickCount64 - began >= MaxMilliseconds)
                {
                    break;
                }
            }
        }
        finally
        {
            t_draining = null;
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
