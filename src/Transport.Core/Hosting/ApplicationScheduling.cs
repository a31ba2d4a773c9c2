namespace Transport.Core;

/// <summary>Specifies which threads run application code after data has been received.</summary>
public enum ApplicationScheduling
{
    /// <summary>
    /// Application code runs on the loop's thread, between receiving and sending, as with <see cref="Inline"/>. If a handler does not
    /// return within 1 to 2 ms, because it blocks, or computes while a processor is idle, another thread of the loop takes the loop over.
    /// The handler's thread becomes a spare thread when the handler returns. The default. On the rtsig transport, where the kernel sends a
    /// loop's signals to one thread, this means <see cref="Workers"/>.
    /// </summary>
    LeaderFollowers,

    /// <summary>
    /// Application code runs on worker threads of the loop, the work items of a loop iteration as one batch. The loop's thread runs no
    /// application code. A handler that blocks delays its own request only: another worker thread is started.
    /// </summary>
    Workers,

    /// <summary>
    /// Application code runs on the .NET thread pool, the work items of a loop iteration as one batch. For code that needs pool threads.
    /// Requests wait when the pool is starved.
    /// </summary>
    ThreadPool,

    /// <summary>
    /// Application code runs on the loop's thread, between receiving and sending. The lowest CPU per request on one core. A handler that
    /// blocks delays every other connection of its loop, and of loops that are merged with it, so handlers must not block.
    /// </summary>
    Inline,
}
