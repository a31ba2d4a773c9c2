using System.Runtime.CompilerServices;

namespace Transport.Core.Loops;

/// <summary>
/// <c>await loop.SwitchAsync()</c>: what follows runs on the loop's thread. A loop that has ended runs nothing; by then no connection of it
/// is left, so only what belongs to none goes on where it is.
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
