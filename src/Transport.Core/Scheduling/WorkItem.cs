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
