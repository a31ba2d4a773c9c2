namespace Bench.Load;

/// <summary>Pauses a loop of this process between two iterations.</summary>
internal sealed class Gate : ILoadControl, IDisposable
{
    private readonly ManualResetEventSlim _open = new(initialState: true);

    public int ProcessId => Environment.ProcessId;

    public void Pause() => _open.Reset();

    public void Resume() => _open.Set();

    /// <summary>Waits while the loop is paused.</summary>
    public void Pass(CancellationToken cancellation) => _open.Wait(cancellation);

    public void Dispose() => _open.Dispose();
}
