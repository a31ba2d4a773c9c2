using System.Runtime.CompilerServices;

namespace FileAio.Threads;

/// <summary>
/// Yields: <c>await new Yield(context)</c>. The continuation is posted to the context, which is that of an engine's thread, or queued to
/// the thread pool if there is none.
/// </summary>
internal readonly struct Yield(SynchronizationContext? context) : ICriticalNotifyCompletion
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
