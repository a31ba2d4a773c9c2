using System.IO.Pipelines;

namespace Transport.Core.Scheduling;

/// <summary>
/// Takes what becomes runnable of the application's when bytes have been received, and runs it apart from the transport:
/// no application code is ever on the stack of a receive or a flush.
/// </summary>
internal abstract class ApplicationScheduler : PipeScheduler
{
    /// <summary>Work has been scheduled on the loop's thread and not yet been handed over. Loop thread.</summary>
    public abstract bool HasWork { get; }

    /// <summary>
    /// Work is out with other threads, which leave what it causes in the loop's mailbox without waking it at once:
    /// the loop must only nap. Loop thread.
    /// </summary>
    public abstract bool IsOut { get; }

    /// <summary>The loop is about to begin its first iteration. Loop thread.</summary>
    public virtual void Start()
    {
    }

    /// <summary>The run phase of a turn: hands over, or runs, what the turn has made runnable. Loop thread.</summary>
    public abstract void RunTurn();

    /// <summary>
    /// The loop ends: threads of the scheduler's own end once their work is done, and work that still comes goes to the thread pool.
    /// </summary>
    public abstract void Stop();
}
