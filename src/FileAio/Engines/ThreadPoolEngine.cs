using FileAio.Interop;

namespace FileAio.Engines;

/// <summary>
/// pread(2) on threads of its own: nginx's <c>aio threads</c>, libeio's way. It reads any descriptor, buffered or direct.
/// <para>a. A pread of what is not cached blocks its thread in the kernel for the disk's time: so many threads, so many reads in
/// flight.</para>
/// <para>b. An open(2) of a cold path blocks as well, and a continuation that is posted here must not wait for either. So each has threads
/// and a queue of its own (<see cref="ThreadLane{T}"/>): none waits behind another's work.</para>
/// <para>c. The queues are bounded: past the bound, or where no thread can be started, a read completes with −EAGAIN at once, which the
/// response reports as 503 where it still can.</para>
/// </summary>
internal sealed class ThreadPoolEngine : IFileEngine
{
    // An open waits for one or two blocks of the disk, a read for as many as it is long. A guess.
    private const int MaxOpenThreads = 8;

    private readonly ThreadLane<FileRead> _reads;
    private readonly ThreadLane<IFileWork> _work;
    private readonly ThreadLane<(SendOrPostCallback Work, object? State)> _posted;
    private readonly CompletionQueue _completions = new();

    public ThreadPoolEngine(int threads, int maxQueue, ThreadStarter? start = null)
    {
        start ??= EngineThread.TryStart;
        _reads = new ThreadLane<FileRead>("aio thread", threads, maxQueue, Read, Refuse, start);
        _work = new ThreadLane<IFileWork>("aio open", Math.Min(threads, MaxOpenThreads), maxQueue, static work => work.Run(), static work => work.Refuse(), start);
        _posted = new ThreadLane<(SendOrPostCallback Work, object? State)>("aio continue", Math.Min(threads, Environment.ProcessorCount), int.MaxValue,
            static posted => posted.Work(posted.State), static posted => OffEngine.PostToPool(posted.Work, posted.State), start);
    }

    public string Name => "threads";

    public InFlightReads Reads { get; } = new();

    /// <summary>Reads that wait for a thread.</summary>
    public int WaitingReads => _reads.Waiting;

    public void Submit(FileRead read)
    {
        if (!_reads.TryAdd(read))
        {
            Refuse(read);
        }
    }

    public void TryCancel(FileRead read)
    {
        if (_reads.TryRemove(read))
        {
            _completions.Add(read, SysResult.Error(Errno.ECANCELED));
        }
    }

    /// <summary>Runs something else than a read, such as an open(2) that may have to wait for the disk; false where the queue is full.</summary>
    public bool TryRun(IFileWork work) => _work.TryAdd(work);

    /// <summary>Removes work that no thread has begun, so that it takes no place in the queue.</summary>
    public void TryCancel(IFileWork work) => _work.TryRemove(work);

    /// <summary>Past the queue's bound too: it is part of a response that was admitted.</summary>
    public void Post(SendOrPostCallback work, object? state)
    {
        if (!_posted.TryAdd((work, state)))
        {
            OffEngine.PostToPool(work, state);
        }
    }

    private void Read(FileRead read) => _completions.Deliver(read, Libc.Read(read.Descriptor, read.Buffer, read.Length, read.Offset));

    private void Refuse(FileRead read) => _completions.Add(read, SysResult.Error(Errno.EAGAIN));

    /// <summary>Ends the threads. Reads must have completed before.</summary>
    public void Dispose()
    {
        _reads.Dispose();
        _work.Dispose();
        _posted.Dispose();
    }
}
