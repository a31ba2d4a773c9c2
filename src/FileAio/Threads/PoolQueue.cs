namespace FileAio.Threads;

/// <summary>
/// Queues work to the thread pool from threads where an exception would end the process. The pool starts its gate thread when work is
/// queued after a quiet period; where the system refuses that thread, the call throws <see cref="OutOfMemoryException"/> although the work
/// has been queued and the pool's existing threads run it.
/// </summary>
internal static class PoolQueue
{
    public static void Add(IThreadPoolWorkItem item)
    {
        try
        {
            ThreadPool.UnsafeQueueUserWorkItem(item, preferLocal: false);
        }
        catch (Exception refused) when (refused is OutOfMemoryException or ThreadStartException)
        {
        }
    }

    /// <summary>Queues work that was posted to an engine that has no thread, or none any more.</summary>
    public static void Post(SendOrPostCallback work, object? state) =>
        Add(static item => item.work(item.state), (work, state), preferLocal: true);

    public static void Add<T>(Action<T> work, T state, bool preferLocal)
    {
        try
        {
            ThreadPool.UnsafeQueueUserWorkItem(work, state, preferLocal);
        }
        catch (Exception refused) when (refused is OutOfMemoryException or ThreadStartException)
        {
        }
    }
}
