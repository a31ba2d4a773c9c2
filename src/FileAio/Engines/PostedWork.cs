namespace FileAio.Engines;

/// <summary>What was posted to an engine's thread. Added under the engine's lock, taken whole by the thread.</summary>
internal sealed class PostedWork
{
    private List<(SendOrPostCallback Work, object? State)> _posted = [], _running = [];

    public int Count => _posted.Count;

    public void Add(SendOrPostCallback work, object? state) => _posted.Add((work, state));

    /// <summary>Under the engine's lock: makes what was posted what <see cref="Run"/> runs.</summary>
    public void Take() => (_posted, _running) = (_running, _posted);

    /// <summary>Engine's thread, outside the lock. What this posts in its turn waits for the next.</summary>
    public void Run()
    {
        foreach ((SendOrPostCallback? work, object? state) in _running)
        {
            work(state);
        }

        _running.Clear();
    }
}
