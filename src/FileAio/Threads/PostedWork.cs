namespace FileAio.Threads;

/// <summary>
/// The work that was posted to an engine thread. It is added under the engine's lock, and the thread takes all of it at once.
/// </summary>
internal sealed class PostedWork
{
    private List<(SendOrPostCallback Work, object? State)> _posted = [], _running = [];

    public int Count => _posted.Count;

    public void Add(SendOrPostCallback work, object? state) => _posted.Add((work, state));

    /// <summary>Moves the posted work to where <see cref="Run"/> runs it. Requires the engine's lock.</summary>
    public void Take() => (_posted, _running) = (_running, _posted);

    /// <summary>Runs the work on the engine thread, outside the lock. Work that it posts runs in the next call.</summary>
    public void Run()
    {
        foreach ((SendOrPostCallback? work, object? state) in _running)
        {
            work(state);
        }

        _running.Clear();
    }
}
