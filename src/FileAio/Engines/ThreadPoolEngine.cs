using FileAio.Interop;
using FileAio.Threads;

namespace FileAio.Engines;

/// <summary>
/// Reads by pread(2) on threads of its own, as nginx's <c>aio threads</c> and libeio do. It reads any descriptor, buffered or direct.
/// </summary>
/// <remarks>
/// <para>a. A pread that misses the page cache blocks its thread for the disk's time. So the number of threads limits the reads in
/// flight.</para>
/// <para>b. An open(2) of an uncached path blocks as well, and posted continuations must not wait for either. So each kind has its own
/// threads and queue (<see cref="ThreadLane{T}"/>).</para>
/// <para>c. The queues are bounded. Above the limit, or if no thread can be started, a read completes with −EAGAIN at once. The response is
/// then 503 if it has not started.</para>
/// </remarks>
internal sealed class ThreadPoolEngine : IFileEngine
{
    // An open waits for one or two blocks of the disk, a read for all of its blocks. A guess.
    private const int MaxOpenThreads = 8;

    private readonly ThreadLane<FileRead> _reads;
    private readonly ThreadLane<IFileWork> _work;
    private readonly ThreadLane<(SendOrPostCallback Work, object? State)> _posted;
    private readonly CompletionQueue _completions = new();

    public ThreadPoolEngine(int threads, int maxQueue, ThreadStarter? start = null)
    {
        start ??= EngineThread.TryStart;
        _reads = new ThreadLane<FileRead>("aio thread", threads, maxQueue, Read, Refuse, start);
        _work = new ThreadLane<IFileWork>("aio open", Math.Min(threads, MaxOpenThreads), maxQueue, static work => work.Run(),
            static work => work.Refuse(), start);
        _posted = new ThreadLane<(SendOrPostCallback Work, object? State)>("aio continue", Math.Min(threads, Environment.ProcessorCount),
            int.MaxValue,
            static posted => posted.Work(posted.State), static posted => PoolQueue.Post(posted.Work, posted.State), start);
    }

    public string Name => "threads";

    public InFlightReads Reads { get; } = new();

    /// <summary>The number of reads that wait for a thread.</summary>
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

    /// <summary>Queues work other than a read, such as an open(2) that may wait for the disk. Returns false if the queue is full.</summary>
    public bool TryRun(IFileWork work) => _work.TryAdd(work);

    /// <summary>Removes work that no thread has started, so that it occupies no place in the queue.</summary>
    public void TryCancel(IFileWork work) => _work.TryRemove(work);

    /// <summary>Not bounded, because the work belongs to a response that was accepted.</summary>
    public void Post(SendOrPostCallback work, object? state)
    {
        if (!_posted.TryAdd((work, state)))
        {
            PoolQueue.Post(work, state);
        }
    }

    private void Read(FileRead read) => _completions.Deliver(read, Libc.Read(read.Descriptor, read.Buffer, read.Length, read.Offset));

    private void Refuse(FileRead read) => _completions.Add(read, SysResult.Error(Errno.EAGAIN));

    /// <summary>Ends the threads. All reads must have completed.</summary>
    public void Dispose()
    {
        _reads.Dispose();
        _work.Dispose();
        _posted.Dispose();
    }
}
