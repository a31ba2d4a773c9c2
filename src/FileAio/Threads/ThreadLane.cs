using System.Diagnostics.CodeAnalysis;

namespace FileAio.Threads;

/// <summary>A bounded queue and its threads. Threads are started on demand, up to a maximum, and are never stopped.</summary>
/// <remarks>
/// Items wait only while the lane has a thread. If the first thread cannot be started, every queued item is refused. If further threads
/// cannot be started, the existing ones serve the queue.
/// </remarks>
internal sealed class ThreadLane<T> : IDisposable
{
    // The interval between attempts. A failed pthread_create costs about 30 µs (the stack is mapped and unmapped again). A guess.
    private const int RetryAfterMilliseconds = 100;

    private readonly Lock _gate = new();
    private readonly WaitingQueue<T> _waiting = new();
    private readonly SemaphoreSlim _wake = new(0);
    private readonly List<Thread> _threads = [];
    private readonly string _name;
    private readonly int _maxThreads, _maxQueue;
    private readonly Action<T> _run, _refuse;
    private readonly ThreadStarter _start;
    private int _started, _idle;
    private long _retryAt;
    private bool _disposed;

    /// <param name="name">The name of the threads.</param>
    /// <param name="maxThreads">The maximum number of threads.</param>
    /// <param name="maxQueue">The maximum number of waiting items.</param>
    /// <param name="run">Runs an item, on a thread of the lane.</param>
    /// <param name="refuse">Completes a queued item that no thread will run, on any thread.</param>
    /// <param name="start">Starts a thread.</param>
    public ThreadLane(string name, int maxThreads, int maxQueue, Action<T> run, Action<T> refuse, ThreadStarter start) =>
        (_name, _maxThreads, _maxQueue, _run, _refuse, _start) = (name, maxThreads, maxQueue, run, refuse, start);

    /// <summary>The number of items that wait for a thread.</summary>
    public int Waiting
    {
        get
        {
            lock (_gate)
            {
                return _waiting.Count;
            }
        }
    }

    /// <summary>The number of threads.</summary>
    public int Threads
    {
        get
        {
            lock (_gate)
            {
                return _threads.Count;
            }
        }
    }

    /// <summary>
    /// Queues an item. Returns false if the queue is full or the lane has ended; the caller then keeps the item. Otherwise the item is
    /// either run or refused, once.
    /// </summary>
    public bool TryAdd(T item)
    {
        bool start;
        lock (_gate)
        {
            if (_disposed || _waiting.Count >= _maxQueue)
            {
                return false;
            }

            _waiting.Append(item);
            start = _idle < _waiting.Count && _started < _maxThreads && (_started == 0 || Environment.TickCount64 >= _retryAt);
            if (start)
            {
                _started++; // reserved: the thread is started outside the lock
            }
        }
        if (start)
        {
            StartThread();
        }

        _wake.Release();
        return true;
    }

    /// <summary>Removes an item that no thread has started. Returns false if one has.</summary>
    public bool TryRemove(T item)
    {
        lock (_gate)
        {
            return _waiting.Remove(item);
        }
    }

    private void StartThread()
    {
        Thread? thread = _start(_name, Run);
        List<T> stranded = [];
        lock (_gate)
        {
            if (thread is not null)
            {
                _threads.Add(thread);
                return;
            }

            _started--;
            _retryAt = Environment.TickCount64 + RetryAfterMilliseconds;
            if (_started == 0)
            {
                stranded = _waiting.TakeAll(); // this item, and other items that relied on this thread
            }
        }
        foreach (T item in stranded)
        {
            _refuse(item);
        }
    }

    private void Run()
    {
        while (true)
        {
            Interlocked.Increment(ref _idle);
            _wake.Wait();
            Interlocked.Decrement(ref _idle);
            if (!TryTake(out T? item, out bool ended))
            {
                if (ended)
                {
                    return;
                }

                continue; // it was removed or refused
            }

            _run(item);
        }
    }

    private bool TryTake([MaybeNullWhen(false)] out T item, out bool ended)
    {
        item = default;
        lock (_gate)
        {
            ended = _disposed;
            return !ended && _waiting.TryTake(out item);
        }
    }

    /// <summary>Ends the threads, and refuses all waiting items.</summary>
    public void Dispose()
    {
        List<T> left;
        Thread[] threads;
        lock (_gate)
        {
            if (_disposed)
            {
                return;
            }

            _disposed = true;
            left = _waiting.TakeAll();
            threads = [.. _threads];
        }
        _wake.Release(_maxThreads);
        foreach (T item in left)
        {
            _refuse(item);
        }

        foreach (Thread thread in threads)
        {
            thread.Join();
        }
    }
}
