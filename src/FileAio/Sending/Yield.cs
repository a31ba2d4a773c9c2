using System.Runtime.CompilerServices;
using FileAio.Engines;

namespace FileAio.Sending;

/// <summary>
/// <c>await new Yield(context)</c>: what follows waits for its turn, on the engine's thread where there is a context, else on the thread
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
