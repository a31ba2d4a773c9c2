using System.IO.Pipelines;
using Transport.Core.Loops;
using Transport.Core.Scheduling;

namespace Transport.Core.Connections.Output;

/// <summary>
/// Decides where the send loops of a loop's connections continue after a flush. On the loop, and on the threads that run its work items,
/// the output of an iteration is gathered and sent at its end. What threads of the pool flush (a handler that continued on the thread pool,
/// HTTP/2's frame writer) is gathered in the <see cref="SendQueue"/>. A writer that fills its connection's buffer sends it on its own
/// thread, and so does a thread of the application's own, since it does not depend on the thread pool so far.
/// </summary>
internal sealed class SendScheduler(EventLoop loop) : PipeScheduler
{
    private readonly SendQueue _elsewhere = new();

    public override void Schedule(Action<object?> action, object? state)
    {
        bool isOnLoop = loop.IsCurrent || ApplicationScheduler.RunsFor(loop);
        if (OutputWriter.TakeFlushing() is not { } writer)
        {
            // The output is completed, or the reading of it cancelled, or a flush met the send loop while it was about to wait.
            if (isOnLoop)
            {
                loop.Schedule(action, state);
            }
            else
            {
                action(state);
            }
        }
        else if (writer.IsFull || !(isOnLoop || Thread.CurrentThread.IsThreadPoolThread))
        {
            action(state);
        }
        else if (writer.Park(action, state, isOnLoop))
        {
            if (isOnLoop)
            {
                loop.Schedule(static listed => ((OutputWriter)listed!).SendListed(isOnLoop: true), writer);
            }
            else
            {
                _elsewhere.Add(writer);
            }
        }
    }
}
