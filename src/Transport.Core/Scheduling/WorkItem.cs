using Transport.Core.Diagnostics;
using Transport.Core.Loops;

namespace Transport.Core.Scheduling;

/// <summary>What a <see cref="System.IO.Pipelines.PipeScheduler"/> is asked to run.</summary>
internal readonly record struct WorkItem(Action<object?> Action, object? State)
{
    /// <summary>The empty context, as every thread that nothing has flowed to captures it.</summary>
    private static ExecutionContext? s_empty;

    /// <summary>
    /// On a thread that was started without a context, before the first <see cref="TryRunAsApplication"/>: each loop calls it first.
    /// The runtime has one empty context, so it does not matter which loop is last.
    /// </summary>
    public static void CaptureEmptyContext() => s_empty = ExecutionContext.Capture();

    /// <summary>Runs it as the transport's own: on the loop, in the loop's context.</summary>
    public void Run() => Action(State);

    /// <summary>
    /// Runs it as the application's. What it throws is logged: a callback that fails ends neither the loop nor, on a thread of the loop's
    /// own, the process. What it leaves on the thread (AsyncLocal values, a synchronisation context) is taken away, as the thread pool does
    /// between two items, so that one request never sees another's.
    /// </summary>
    public void TryRunAsApplication(EventLoop loop)
    {
        try
        {
            Action(State);
        }
        catch (Exception exception)
        {
            TransportLog.ApplicationCallbackFailed(loop.Logger, loop.Name, exception);
        }

        RestoreContext();
    }

    private static void RestoreContext()
    {
        if (ExecutionContext.Capture() != s_empty)
        {
            ExecutionContext.Restore(s_empty!);
        }

        if (SynchronizationContext.Current is not null)
        {
            SynchronizationContext.SetSynchronizationContext(null);
        }
    }
}
