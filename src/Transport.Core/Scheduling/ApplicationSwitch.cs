using System.Runtime.CompilerServices;
using Transport.Core.Loops;

namespace Transport.Core.Scheduling;

/// <summary><c>await new ApplicationSwitch(loop)</c>: what follows runs where the loop's application code runs.</summary>
internal readonly struct ApplicationSwitch(EventLoop loop) : ICriticalNotifyCompletion
{
    public bool IsCompleted => false;

    public ApplicationSwitch GetAwaiter() => this;

    public void GetResult()
    {
    }

    public void OnCompleted(Action continuation) => UnsafeOnCompleted(continuation);

    public void UnsafeOnCompleted(Action continuation) => loop.Application.Schedule(static next => ((Action)next!)(), continuation);
}
