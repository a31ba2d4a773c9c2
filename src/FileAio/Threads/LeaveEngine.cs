using System.Runtime.CompilerServices;

namespace FileAio.Threads;

/// <summary>
/// Leaves the engine thread: <c>await new LeaveEngine()</c>. The continuation would delay other reads there. From an event loop it moves to
/// where the loop's application code runs; from any other thread, to the thread pool.
/// </summary>
internal readonly struct LeaveEngine : ICriticalNotifyCompletion
{
    public bool IsCompleted => !EngineThread.IsCurrent;

    public LeaveEngine GetAwaiter() => this;

    public void GetResult()
    {
    }

    public void OnCompleted(Action continuation) => ThreadPool.QueueUserWorkItem(static next => next(), continuation, preferLocal: true);

    public void UnsafeOnCompleted(Action continuation)
    {
        if (EngineThread.Loop is { } engine)
        {
            engine.Application.Schedule(static next => ((Action)next!)(), continuation);
        }
        else
        {
            PoolQueue.Add(static next => next(), continuation, preferLocal: true);
        }
    }
}
