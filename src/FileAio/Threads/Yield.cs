using System.Runtime.CompilerServices;
using FileAio.Engines;

namespace FileAio.Threads;

/// <summary>
/// Yields: <c>await new Yield(context)</c>. The continuation is queued to the engine thread if there is a context, or else to the thread
/// pool.
/// </summary>
internal readonly struct Yield(EngineContext? context) : ICriticalNotifyCompletion
{
    public bool IsCompleted => false;

    public Yield GetAwaiter() => this;

    public void GetResult()
    {
    }

    public void OnCompleted(Action continuation) => UnsafeOnCompleted(continuation);

    public void UnsafeOnCompleted(Action continuation)
    {
        if (context is null)
        {
            PoolQueue.Add(static next => next(), continuation, preferLocal: false);
        }
        else
        {
            context.Post(static next => ((Action)next!)(), continuation);
        }
    }
}
