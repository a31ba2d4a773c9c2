namespace FileAio.Engines;

/// <summary>Work for an engine's thread that is not a read.</summary>
internal interface IFileWork
{
    /// <summary>Runs it, unless it has been abandoned.</summary>
    void Run();

    /// <summary>No thread will run it.</summary>
    void Refuse();
}

/// <summary>
/// Work such as an open(2) that may wait for the disk. Its result comes on the thread pool, so that an engine's thread never runs what
/// follows. Who waits may abandon it: a result that comes later is discarded.
/// </summary>
/// <param name="work">The work.</param>
/// <param name="refused">The result where no thread will run it.</param>
/// <param name="discard">Releases a result that nobody waits for any more.</param>
internal sealed class FileWork<T>(Func<T> work, T refused, Action<T> discard) : IFileWork
{
    private readonly TaskCompletionSource<T> _done = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public Task<T> Task => _done.Task;

    public void Run()
    {
        if (Task.IsCompleted)
        {
            return;
        }

        T result;
        try
        {
            result = work();
        }
        catch (Exception failure)
        {
            _done.TrySetException(failure);
            return;
        }
        if (!_done.TrySetResult(result))
        {
            discard(result);
        }
    }

    public void Refuse() => _done.TrySetResult(refused);

    /// <summary>Completes the task as refused; false where it has completed already, with a result that is the caller's.</summary>
    public bool TryAbandon() => _done.TrySetResult(refused);
}
