namespace Transport.Core.Scheduling.Threads;

/// <summary>
/// Keeps the .NET thread pool near its present size while no thread can be started: the runtime ends the process ("Out of memory.") when
/// the pool wants to grow and cannot. Called on one thread.
/// </summary>
internal sealed class ThreadPoolCap
{
    private int? _max;

    /// <summary>Lets the pool grow by <paramref name="more"/> threads at most.</summary>
    public void Apply(int more)
    {
        if (_max is null)
        {
            ThreadPool.GetMinThreads(out int min, out _);
            ThreadPool.GetMaxThreads(out int max, out int completionPort);
            int cap = Math.Max(ThreadPool.ThreadCount + more, min);
            if (cap < max && ThreadPool.SetMaxThreads(cap, completionPort))
            {
                _max = max;
            }
        }
    }

    /// <summary>Gives the pool its own limit back.</summary>
    public void Remove()
    {
        if (_max is { } max)
        {
            ThreadPool.GetMaxThreads(out _, out int completionPort);
            ThreadPool.SetMaxThreads(max, completionPort);
            _max = null;
        }
    }
}
