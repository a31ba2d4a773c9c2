using System.Diagnostics.CodeAnalysis;
using System.IO.Pipelines;

namespace Transport.Core;

/// <summary>
/// Represents the event loop of a connection, as a connection feature. All connections of a loop have the same object, so its reference
/// identifies the loop. Other transports do not have this feature.
/// </summary>
[Experimental("KTRANS001")]
public interface IEventLoopFeature
{
    /// <summary>
    /// Gets the scheduler of the loop's application code. Code that may block, and all application code, runs on it.
    /// </summary>
    PipeScheduler Application { get; }

    /// <summary>
    /// Runs work on the loop's thread, after the I/O of an iteration. It must not block: no connection of the loop is served meanwhile.
    /// An exception ends the loop.
    /// </summary>
    /// <param name="action">The callback.</param>
    /// <param name="state">Its argument.</param>
    /// <returns>False when the loop has ended and the work will not run.</returns>
    bool TryPost(Action<object?> action, object? state);

    /// <summary>
    /// Adds a source of events to the loop. The kernel wakes the loop for it by an eventfd(2), as it does with IOCB_FLAG_RESFD.
    /// </summary>
    /// <param name="source">The source. The loop calls it in every iteration.</param>
    /// <param name="wakeUp">
    /// The eventfd, non-blocking; a signal wakes the loop. The caller's to close. It stays valid after the loop has ended.
    /// </param>
    /// <returns>False if the loop has ended or the descriptor limit is reached; the source is not called then.</returns>
    bool TryAttach(IEventLoopSource source, out int wakeUp);
}
