using System.Runtime.CompilerServices;
using FileAio.Engines;

namespace FileAio.Sending;

/// <summary>
/// <c>await new LeaveEngine()</c>: what follows does not run on an engine's thread, where it would hold up everybody's reads.
/// </summary>
internal readonly struct LeaveEngine : ICriticalNotifyCompletion
{
    public bool IsCompleted => !EngineThread.IsCurrent;

    public LeaveEngine GetAwaiter() => this;

    public void GetResult()
    {
    }

    public void OnCompleted(Action continuation) => ThreadPool.QueueUserWorkItem(static next => next(), continuation, preferLocal: true);

    public void UnsafeOnCompleted(Action continuation) => PoolQueue.Add(static next => next(), continuation, preferLocal: true);
}
