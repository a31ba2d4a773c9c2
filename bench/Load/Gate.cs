namespace Bench.Load;

/// <summary>Halts a loop of the bench's own between two of its turns.</summary>
internal sealed class Gate : ILoadControl, IDisposable
{
    private readonly ManualResetEventSlim _open = new(initialState: true);

    public int ProcessId => Environment.ProcessId;

    public void Pause() => _open.Reset();

    public void Resume() => _open.Set();

    /// <summary>Waits while the gate is shut.</summary>
    public void Pass(CancellationToken cancellation) => _open.Wait(cancellation);

    public void Dispose() => _open.Dispose();
}
