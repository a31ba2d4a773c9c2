namespace Transport.Core.Scheduling.Threads;

/// <summary>The thread of <see cref="ThreadStarter"/>, and the threads that it keeps in reserve.</summary>
internal sealed class StarterThread(ThreadStarter starter, Action<Thread> start)
{
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
            failure = starter.Limit?.Refuses(_reserve.Missing + 1);
            if (failure is null)
            {
                _reserve.Fill();
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
}
