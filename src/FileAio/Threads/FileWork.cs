namespace FileAio.Threads;

/// <summary>Work for an engine thread that is not a read.</summary>
internal interface IFileWork
{
    /// <summary>Runs the work, unless it was abandoned.</summary>
    void Run();

    /// <summary>Completes the work that no thread will run.</summary>
    void Refuse();
}

/// <summary>
/// Work such as an open(2) that may wait for the disk. It completes on the thread pool, so that an engine thread never runs the
/// continuation. The caller may abandon it; a later result is discarded.
/// </summary>
/// <param name="work">The work.</param>
/// <param name="refused">The result if no thread will run the work.</param>
/// <param name="discard">Releases the result of abandoned work.</param>
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

    /// <summary>Completes the task as refused. Returns false if it has already completed; the caller then owns the result.</summary>
    public bool TryAbandon() => _done.TrySetResult(refused);
}
