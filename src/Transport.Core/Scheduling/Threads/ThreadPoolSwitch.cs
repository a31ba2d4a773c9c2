using System.Runtime.CompilerServices;

namespace Transport.Core.Scheduling.Threads;

/// <summary>
/// <c>await new ThreadPoolSwitch()</c>: what follows is a work item of its own, on this very thread's list where it is one of the pool's:
/// it comes when the present item has ended.
/// </summary>
internal readonly struct ThreadPoolSwitch : ICriticalNotifyCompletion
{
    public bool IsCompleted => false;

    public ThreadPoolSwitch GetAwaiter() => this;

    public void GetResult()
    {
    }

    public void OnCompleted(Action continuation) => UnsafeOnCompleted(continuation);

    public void UnsafeOnCompleted(Action continuation) => ThreadPool.UnsafeQueueUserWorkItem(static next => next(), continuation, preferLocal: true);
}
