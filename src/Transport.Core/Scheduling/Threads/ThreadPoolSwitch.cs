using System.Runtime.CompilerServices;

namespace Transport.Core.Scheduling.Threads;

/// <summary><c>await default(ThreadPoolSwitch)</c>: what follows runs on the thread pool.</summary>
internal readonly struct ThreadPoolSwitch : ICriticalNotifyCompletion
{
    public bool IsCompleted => false;

    public ThreadPoolSwitch GetAwaiter() => this;

    public void GetResult()
    {
    }

    public void OnCompleted(Action continuation) => UnsafeOnCompleted(continuation);

    public void UnsafeOnCompleted(Action continuation) => UnsafeThreadPool.Queue(static next => ((Action)next!)(), continuation);
}
