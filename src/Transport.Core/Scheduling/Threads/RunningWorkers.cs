using Transport.Core.Scheduling.Leaders;

namespace Transport.Core.Scheduling.Threads;

/// <summary>
/// Counts the threads that run application code and are not blocked, over all loops of the process. A thread that computes is joined by
/// another only while there are fewer of them than processors: one more would take its time from those that run.
/// </summary>
/// <param name="processors">How many threads can run at once.</param>
/// <param name="leaders">
/// How many loops run application code on their own threads at this moment. Asked for rather than counted: a loop enters and leaves such
/// code at every item.
/// </param>
internal sealed class RunningWorkers(int processors, Func<int>? leaders = null)
{
    private int _count;

    public static RunningWorkers OfProcess { get; } = new(Environment.ProcessorCount, LoopMonitor.Shared.CountInItem);

    /// <summary>Whether a processor is taken to be idle. A figure of this process alone: others' load is not seen.</summary>
    public bool HasIdleProcessor => IdleProcessors > 0;

    /// <summary>Processors that are taken to be idle.</summary>
    public int IdleProcessors => Math.Max(0, processors - Count - (leaders?.Invoke() ?? 0));

    /// <summary>Threads that are counted, leaders aside.</summary>
    public int Count => Volatile.Read(ref _count);

    /// <summary>Fewer than one thread a processor is counted, leaders aside.</summary>
    public bool HasRoom => Count < processors;

    public void Add() => Interlocked.Increment(ref _count);

    public void Remove() => Interlocked.Decrement(ref _count);
}
