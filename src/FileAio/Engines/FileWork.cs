namespace FileAio.Engines;

/// <summary>Work for an engine's thread that is not a read.</summary>
internal interface IFileWork
{
    void Run();
}

/// <summary>Its answer comes on the thread pool, so that an engine's thread never runs what follows.</summary>
internal sealed class FileWork<T>(Func<T> work) : IFileWork
{
    private readonly TaskCompletionSource<T> _done = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public Task<T> Task => _done.Task;

    public void Run()
    {
        try
        {
            _done.SetResult(work());
        }
        catch (Exception failure)
        {
            _done.SetException(failure);
        }
    }
}
