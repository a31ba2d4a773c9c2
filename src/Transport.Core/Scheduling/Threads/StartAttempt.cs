namespace Transport.Core.Scheduling.Threads;

/// <summary>An attempt to start a thread. It either runs or has failed: a thread that starts after its failure does nothing.</summary>
internal sealed class StartAttempt(IStartable startable)
{
    private int _isDecided;

    /// <summary>The thread, not yet started.</summary>
    public Thread CreateThread() => new(Run, startable.StackSize) { IsBackground = true, Name = startable.Name };

    /// <summary>Any thread.</summary>
    public void Fail(string reason)
    {
        if (TryDecide())
        {
            startable.StartFailed(reason);
        }
    }

    private void Run()
    {
        if (TryDecide())
        {
            startable.Run();
        }
    }

    private bool TryDecide() => Interlocked.Exchange(ref _isDecided, 1) == 0;
}
