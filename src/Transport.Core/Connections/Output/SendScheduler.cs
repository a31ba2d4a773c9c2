using System.IO.Pipelines;
using Transport.Core.Loops;
using Transport.Core.Scheduling;

namespace Transport.Core.Connections.Output;

/// <summary>
/// Decides where the send loops of a loop's connections continue after a flush. On the loop, and on the threads that run its work items,
/// the output of an iteration is batched and sent at its end. A flush from another thread (a handler that continued on the thread pool,
/// HTTP/2's frame writer) is sent at once. Waking the loop would cost a write and a read of an eventfd and two context switches. A large
/// flush is sent at once on any thread.
/// </summary>
internal sealed class SendScheduler(EventLoop loop) : PipeScheduler
{
    [ThreadStatic]
    private static bool t_atOnce;

    /// <summary>A flush of this thread is sent within the flush.</summary>
    public static bool IsAtOnce
    {
        get => t_atOnce;
        set => t_atOnce = value;
    }

    public override void Schedule(Action<object?> action, object? state)
    {
        if (!IsAtOnce && (loop.IsCurrent || ApplicationScheduler.RunsFor(loop)))
        {
            loop.Schedule(action, state);
        }
        else
        {
            action(state);
        }
    }
}
