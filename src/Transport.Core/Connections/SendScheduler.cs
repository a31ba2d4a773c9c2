using System.IO.Pipelines;
using Transport.Core.Loops;
using Transport.Core.Scheduling;

namespace Transport.Core.Connections;

/// <summary>
/// Where the send loops of a loop's connections go on when the application has flushed. On the loop, and on the threads that drain its
/// work, what a turn has written is gathered, and leaves with the turn. A flush from anywhere else (a handler that has awaited something
/// and is on the thread pool by now, HTTP/2's frame writer) sends then and there: the loop would have to be woken for it alone, which costs
/// an eventfd's write and read and two switches beside the one call that is needed. So does a large one, on any thread.
/// </summary>
internal sealed class SendScheduler(EventLoop loop) : PipeScheduler
{
    [ThreadStatic]
    private static bool t_atOnce;

    /// <summary>What this thread flushes is sent within the flush.</summary>
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
