using System.Collections.Concurrent;
using FileAio.Interop;

namespace FileAio.Engines;

/// <summary>
/// Brings completed reads to those who wait for them: on the engine's thread the reads that want to go on there, the others a batch at a
/// time on a thread of the pool. A work item a read would cost a context switch a read (85,000 a second where inline costs 2,900,
/// measured): so one work item drains whatever has come.
/// </summary>
internal sealed class CompletionQueue(Action? afterSome = null) : IThreadPoolWorkItem
{
    // Reads that the continuations start are handed to the kernel together, but the disk must not idle meanwhile. A guess.
    private const int HandOverEvery = 8;

    // Another pool thread joins where one has this much before it: copying 128 KiB takes some 15 µs.
    private const int Crowd = 8;

    [ThreadStatic]
    private static CompletionQueue? t_draining;

    private readonly ConcurrentQueue<FileRead> _completed = new();
    private int _workers;

    /// <summary>True on a thread of the pool that is just bringing completions of any engine.</summary>
    public static bool IsAnyDraining => t_draining is not null;

    /// <summary>
    /// True on a thread of the pool that is just bringing this engine's completions: what it submits is handed over in a batch soon.
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
        if (Interlocked.CompareExchange(ref _workers, 1, 0) == 0)
        {
            ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: false);
        }
    }

    void IThreadPoolWorkItem.Execute()
    {
        Drain();
        Interlocked.Decrement(ref _workers);
        // What came between the last look and the decrement found a worker, and rang nobody.
        if (!_completed.IsEmpty && Interlocked.CompareExchange(ref _workers, 1, 0) == 0)
        {
            ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: false);
        }
    }

    private void Drain()
    {
        t_draining = this;
        try
        {
            int done = 0;
            while (_completed.TryDequeue(out FileRead? read))
            {
                if (_completed.Count > Crowd)
                {
                    Join();
                }

                read.Complete();
                if (++done % HandOverEvery == 0)
                {
                    afterSome?.Invoke();
                }
            }
        }
        finally
        {
            t_draining = null;
        }
        afterSome?.Invoke();
    }

    private void Join()
    {
        int workers = Volatile.Read(ref _workers);
        if (workers < Environment.ProcessorCount && Interlocked.CompareExchange(ref _workers, workers + 1, workers) == workers)
        {
            ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: false);
        }
    }
}
