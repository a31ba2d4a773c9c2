namespace FileAio.Engines;

/// <summary>
/// Brings what awaits under it back to an engine's thread. Kestrel completes a flush that had to wait on the thread pool, unless whoever
/// awaited it has a context: without this one, each buffer that the client is slow to take would wake a thread of the pool, whose idle ones
/// then spin for more (a fifth of the server's processor time, measured).
/// </summary>
internal sealed class EngineContext(IFileEngine engine) : SynchronizationContext
{
    public IFileEngine Engine => engine;

    public override void Post(SendOrPostCallback d, object? state) => engine.Post(d, state);

    public override SynchronizationContext CreateCopy() => this;
}
