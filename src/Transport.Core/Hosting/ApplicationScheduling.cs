namespace Transport.Core;

/// <summary>Where application code runs when bytes have arrived for it.</summary>
public enum ApplicationScheduling
{
    /// <summary>
    /// On threads of the loop's own, a turn's work as one batch. A handler that blocks costs its own request: another thread is put beside
    /// it. The default.
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
