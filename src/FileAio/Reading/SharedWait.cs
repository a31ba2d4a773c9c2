using System.Threading.Tasks.Sources;
using FileAio.Engines;
using FileAio.Threads;

namespace FileAio.Reading;

/// <summary>A response's wait for a read of another response. It continues on its own engine's thread, or on the thread pool.</summary>
internal sealed class SharedWait(EngineContext? context) : IValueTaskSource<SysResult>
{
    private ManualResetValueTaskSourceCore<SysResult> _source;
    private SysResult _result;

    public ValueTask<SysResult> AsTask() => new(this, _source.Version);

    /// <summary>Called once, on any thread. Does not run the continuation.</summary>
    public void Complete(SysResult result)
    {
        _result = result;
        if (context is null)
        {
            PoolQueue.Add(static wait => wait.Continue(), this, preferLocal: false);
        }
        else
        {
            context.Post(static wait => ((SharedWait)wait!).Continue(), this);
        }
    }

    private void Continue() => _source.SetResult(_result);

    SysResult IValueTaskSource<SysResult>.GetResult(short token) => _source.GetResult(token);

    ValueTaskSourceStatus IValueTaskSource<SysResult>.GetStatus(short token) => _source.GetStatus(token);

    void IValueTaskSource<SysResult>.OnCompleted(Action<object?> continuation, object? state, short token,
        ValueTaskSourceOnCompletedFlags flags) =>
        _source.OnCompleted(continuation, state, token, flags);
}
