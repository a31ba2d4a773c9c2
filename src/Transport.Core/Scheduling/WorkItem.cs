using Transport.Core.Diagnostics;
using Transport.Core.Loops;

namespace Transport.Core.Scheduling;

/// <summary>What a <see cref="System.IO.Pipelines.PipeScheduler"/> is asked to run.</summary>
internal readonly record struct WorkItem(Action<object?> Action, object? State)
{
    private static readonly ExecutionContext Default = CaptureDefault();

    /// <summary>Runs it as the transport's own: on the loop, in the loop's context.</summary>
    public void Run() => Action(State);

    /// <summary>
    /// Runs it as the application's: whatever it leaves on the thread (AsyncLocal values, a synchronisation context) is taken away,
    /// as the thread pool does between two items, so that one request never sees another's.
    /// </summary>
    public void RunAsApplication()
    {
        Action(State);
        RestoreContext();
    }

    /// <summary>
    /// Runs it as the application's and logs what it throws: a callback that fails ends neither the loop nor, on a thread of the loop's
    /// own, the process.
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
        if (ExecutionContext.Capture() != Default)
        {
            ExecutionContext.Restore(Default);
        }

        if (SynchronizationContext.Current is not null)
        {
            SynchronizationContext.SetSynchronizationContext(null);
        }
    }

    /// <summary>The empty context, seen from a thread that nothing has flowed to.</summary>
    private static ExecutionContext CaptureDefault()
    {
        ExecutionContext? captured = null;
        Thread blank = new(() => captured = ExecutionContext.Capture());
        blank.UnsafeStart();
        blank.Join();
        return captured!;
    }
}
