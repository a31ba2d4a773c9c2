using System.IO.Pipelines;
using Transport.Core.Loops;

namespace Transport.Core.Scheduling;

/// <summary>
/// Takes what becomes runnable of the application's when bytes have been received, and runs it apart from the transport:
/// no application code is ever on the stack of a receive or a flush.
/// </summary>
internal abstract class ApplicationScheduler : PipeScheduler
{
    /// <summary>The loop whose application work this thread runs.</summary>
    [ThreadStatic]
    private static EventLoop? t_runsFor;

    /// <summary>Work has been scheduled on the loop's thread and has neither been handed over nor begun. Loop thread.</summary>
    public abstract bool HasWork { get; }

    /// <summary>
    /// Such work can go on now. If not, the loop is woken when it can: it may sleep meanwhile. Loop thread.
    /// </summary>
    public virtual bool CanRun => true;

    /// <summary>
    /// Work is out with other threads, which leave what it causes in the loop's mailbox without waking it at once:
    /// the loop's sleep must be bounded. Loop thread.
    /// </summary>
    public abstract bool IsOut { get; }

    /// <summary>The loop is about to begin its first iteration. Loop thread.</summary>
    public virtual void Start()
    {
    }

    /// <summary>
    /// Whether the calling thread runs application work of this loop. What it posts to the loop gathers in the mailbox: the thread
    /// continues with the loop, or wakes it, when it has finished.
    /// </summary>
    public static bool RunsFor(EventLoop loop) => t_runsFor == loop;

    /// <summary>The run phase of a turn: hands over, or runs, what the turn has made runnable. Loop thread.</summary>
    /// <returns>False when another thread has become the loop's: the caller must touch nothing of it any more.</returns>
    public abstract bool RunTurn();

    /// <summary>What a thread of the loop's does once it no longer leads it: it may lead again. Returns when it is to end.</summary>
    public virtual void Follow()
    {
    }

    /// <summary>
    /// The loop ends: threads of the scheduler's own end once their work is done, and work that still comes goes to the thread pool.
    /// </summary>
    public abstract void Stop();

    /// <summary>The calling thread runs, or has ceased to run, application work of this loop's.</summary>
    protected static void SetRunsFor(EventLoop? loop) => t_runsFor = loop;
}
