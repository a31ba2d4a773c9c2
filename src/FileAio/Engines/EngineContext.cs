namespace FileAio.Engines;

/// <summary>A synchronization context that runs continuations on an engine thread.</summary>
/// <remarks>
/// Without a context, Kestrel completes a flush that had to wait on the thread pool. Each buffer for a slow client would then wake a pool
/// thread, and idle pool threads spin (20 % of the server's CPU time, measured).
/// </remarks>
internal sealed class EngineContext(IFileEngine engine) : SynchronizationContext
{
    public IFileEngine Engine => engine;

    public override void Post(SendOrPostCallback d, object? state) => engine.Post(d, state);

    public override SynchronizationContext CreateCopy() => this;
}
