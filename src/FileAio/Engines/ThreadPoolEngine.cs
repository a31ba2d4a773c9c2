using FileAio.Interop;

namespace FileAio.Engines;

/// <summary>
/// pread(2) on threads of its own: nginx's <c>aio threads</c>, libeio's way. It reads any descriptor, buffered or direct.
/// <para>a. A pread of what is not cached blocks its thread in the kernel for the disk's time: so many threads, so many reads in
/// flight.</para>
/// <para>b. Threads start as they are needed, up to the number given, and stay.</para>
/// <para>c. The queue is bounded: past it a read completes with −EAGAIN at once, which the response tells as 503 where it still can.</para>
/// </summary>
internal sealed class ThreadPoolEngine : IFileEngine
{
    private readonly Lock _gate = new();
    private readonly WaitingReads _waiting = new();
    private readonly Queue<IFileWork> _work = new();
    private readonly Queue<(SendOrPostCallback Work, object? State)> _posted = new();
    private readonly SemaphoreSlim _bell = new(0);
    private readonly CompletionQueue _completions = new();
    private readonly int _maxThreads, _maxQueue;
    private readonly List<Thread> _threads = [];
    private int _idle;
    private bool _disposed;

    public ThreadPoolEngine(int threads, int maxQueue) => (_maxThreads, _maxQueue) = (threads, maxQueue);

    public string Name => "threads";

    public InFlightReads Reads { get; } = new();

    public void Submit(FileRead read)
    {
        bool accepted;
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            accepted = _waiting.Count + _work.Count < _maxQueue;
            if (accepted)
            {
                _waiting.Append(read);
                StartThreadIfNeeded();
            }
        }
        if (accepted)
        {
            _bell.Release();
        }
        else
        {
            _completions.Add(read, SysResult.Error(Errno.EAGAIN));
        }
    }

    public void TryCancel(FileRead read)
    {
        bool waiting;
        lock (_gate)
        {
            waiting = _waiting.Remove(read);
        }

        if (waiting)
        {
            _completions.Add(read, SysResult.Error(Errno.ECANCELED));
        }
    }

    /// <summary>
    /// Runs something else than a read, such as an open(2) that may have to wait for the disk; null where the queue is full.
    /// </summary>
    public Task<T>? TryRun<T>(Func<T> work)
    {
        FileWork<T> item = new FileWork<T>(work);
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            if (_waiting.Count + _work.Count >= _maxQueue)
            {
                return null;
            }

            _work.Enqueue(item);
            StartThreadIfNeeded();
        }
        _bell.Release();
        return item.Task;
    }

    /// <summary>Past the queue's bound too: it is part of an answer that was let in.</summary>
    public void Post(SendOrPostCallback work, object? state)
    {
        bool ended;
        lock (_gate)
        {
            ended = _disposed;
            if (!ended)
            {
                _posted.Enqueue((work, state));
                StartThreadIfNeeded();
            }
        }
        if (ended)
        {
            OffEngine.PostToPool(work, state);
        }
        else
        {
            _bell.Release();
        }
    }

    private void StartThreadIfNeeded()
    {
        if (_idle < _posted.Count + _waiting.Count + _work.Count && _threads.Count < _maxThreads)
        {
            _threads.Add(EngineThread.Start("aio thread", Run));
        }
    }

    private void Run()
    {
        while (true)
        {
            Interlocked.Increment(ref _idle);
            _bell.Wait();
            Interlocked.Decrement(ref _idle);
            FileRead? read = null;
            IFileWork? work = null;
            (SendOrPostCallback Work, object? State) posted;
            lock (_gate)
            {
                if (_disposed)
                {
                    return;
                }
                // What is posted is short, and an answer that is half on its way.
                if (!_posted.TryDequeue(out posted) && !_waiting.TryTake(out read))
                {
                    _work.TryDequeue(out work);
                }
            }
            posted.Work?.Invoke(posted.State);
            if (read is not null)
            {
                _completions.Deliver(read, Libc.Read(read.Descriptor, read.Buffer, read.Length, read.Offset));
            }

            work?.Run();
        }
    }

    /// <summary>Ends the threads. Reads must have completed before.</summary>
    public void Dispose()
    {
        lock (_gate)
        {
            if (_disposed)
            {
                return;
            }

            _disposed = true;
        }
        _bell.Release(_maxThreads);
        foreach (Thread thread in _threads)
        {
            thread.Join();
        }
    }
}
