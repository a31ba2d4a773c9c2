namespace Transport.Core.Scheduling;

/// <summary>
/// Counts the threads that run application code and are not blocked, over all loops of the process. A thread that computes is joined by
/// another only while there are fewer of them than processors: one more would take its time from those that run.
/// </summary>
internal sealed class RunningWorkers(int processors)
{
    private int _count;

    public static RunningWorkers OfProcess { get; } = new(Environment.ProcessorCount);

    /// <summary>Whether a processor is taken to be idle. A figure of this process alone: others' load is not seen.</summary>
    public bool HasIdleProcessor => Volatile.Read(ref _count) < processors;

    public void Add() => Interlocked.Increment(ref _count);

    public void Remove() => Interlocked.Decrement(ref _count);
}
