using System.Runtime.CompilerServices;

namespace Transport.Core.Loops;

/// <summary>
/// <c>await loop.SwitchAsync()</c>: the continuation runs on the loop's thread. After the loop has ended it runs on the current thread; no
/// connection of the loop is left then.
/// </summary>
internal readonly struct LoopSwitch(EventLoop loop) : ICriticalNotifyCompletion
{
    public bool IsCompleted => loop.IsCurrent;

    public LoopSwitch GetAwaiter() => this;

    public void GetResult()
    {
    }

    public void OnCompleted(Action continuation) => UnsafeOnCompleted(continuation);

    public void UnsafeOnCompleted(Action continuation)
    {
        if (!loop.TryPost(static next => ((Action)next!)(), continuation))
        {
            continuation();
        }
    }
}
