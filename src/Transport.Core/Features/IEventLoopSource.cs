using System.Diagnostics.CodeAnalysis;

namespace Transport.Core;

/// <summary>
/// Represents a source of events beside the sockets of an event loop. Both methods are called on the loop's thread and must not block. An
/// exception ends the loop.
/// </summary>
[Experimental("KTRANS001")]
public interface IEventLoopSource
{
    /// <summary>
    /// Handles pending events. Called in every iteration after the sockets' events, whether this source woke the loop or not. A source that
    /// leaves some for the next iteration signals its eventfd.
    /// </summary>
    /// <returns>False if the source has ended: it is not called again.</returns>
    bool OnIteration();

    /// <summary>Called when the loop has ended. The source is not called again and handles its events elsewhere.</summary>
    void OnLoopEnded();
}
