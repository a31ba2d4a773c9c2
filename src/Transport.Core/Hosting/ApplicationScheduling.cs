namespace Transport.Core;

/// <summary>Where application code runs when bytes have arrived for it.</summary>
public enum ApplicationScheduling
{
    /// <summary>
    /// On the loop's thread, between receiving and sending, as with <see cref="Inline"/>. If a handler does not return within 1 to 2 ms,
    /// because it blocks, or computes while a processor is idle, another thread of the loop's own takes the loop over, and the handler's
    /// thread becomes a spare one when it returns. The default. On the rtsig transport, where the kernel sends a loop's signals to one
    /// thread, this means <see cref="Workers"/>.
    /// </summary>
    LeaderFollowers,

    /// <summary>
    /// On threads of the loop's own, the work of a loop iteration as one batch. The loop's thread runs no application code. A handler that
    /// blocks delays its own request only: another thread is started beside it.
    /// </summary>
    Workers,

    /// <summary>
    /// On the .NET thread pool, a turn's work as one work item. For code that insists on pool threads; starved when the pool is.
    /// </summary>
    ThreadPool,

    /// <summary>
    /// On the loop's thread, between receiving and sending. The cheapest on one core. A handler that blocks stops every other connection of
    /// its loop for as long, so it is for handlers that never do.
    /// </summary>
    Inline,
}
