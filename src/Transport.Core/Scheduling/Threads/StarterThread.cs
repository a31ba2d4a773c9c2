namespace Transport.Core.Scheduling.Threads;

/// <summary>The thread of <see cref="ThreadStarter"/>, and the threads that it keeps in reserve.</summary>
internal sealed class StarterThread(ThreadStarter starter, Action<Thread> start)
{
    /// <summary>How long the reserve's threads may take to end, in milliseconds. A guess: they take less than one.</summary>
    private const int MaxEndMilliseconds = 20;

    private readonly ThreadReserve _reserve = new(start);

    /// <exception cref="OutOfMemoryException">It could not be started.</exception>
    public void Start() => new Thread(Run) { IsBackground = true, Name = "transport monitor" }.UnsafeStart();

    private void Run()
    {
        bool isCurrent = true;
        while (isCurrent && starter.TryNext(out IStartable? requested))
        {
            StartAttempt attempt = new(requested);
            if (starter.CanStart)
            {
                isCurrent = TryStart(attempt);
            }
            else
            {
                // Requested before the last failure was known.
                attempt.Fail(starter.LastFailure);
            }
        }

        _reserve.Release();
    }

    /// <returns>False when another starter has gone on meanwhile.</returns>
    private bool TryStart(StartAttempt attempt)
    {
        string? failure = null;
        starter.Begin(attempt);
        try
        {
            failure = TryMakeRoom();
            if (failure is null)
            {
                start(attempt.CreateThread());
            }
        }
        catch (Exception exception)
        {
            // The runtime makes an OutOfMemoryException of EAGAIN from pthread_create. Whatever it is, it ends no other loop's threads.
            failure = exception.Message;
        }

        bool isCurrent = starter.TryEnd(attempt, failure);
        if (failure is not null)
        {
            _reserve.Release();
            attempt.Fail(failure);
        }

        return isCurrent;
    }

    /// <summary>Fills the reserve. Where the cgroup has no room for it, its threads are given up and as many left free instead.</summary>
    /// <returns>Why there is no room for a thread; null if there is.</returns>
    private string? TryMakeRoom()
    {
        if (starter.Limit?.Refuses(_reserve.Missing + 1) is null)
        {
            _reserve.Fill();
            return null;
        }

        _reserve.Release();
        string? refusal = starter.Limit.Refuses(1);
        for (int i = 0; refusal is not null && i < MaxEndMilliseconds; i++)
        {
            Thread.Sleep(1);
            refusal = starter.Limit.Refuses(1);
        }

        return refusal;
    }
}
