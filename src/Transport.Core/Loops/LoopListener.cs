using Transport.Core.Interop;

namespace Transport.Core.Loops;

/// <summary>Seam A: a listening socket as its loop's I/O model sees it. Loop thread only.</summary>
internal abstract class LoopListener
{
    /// <summary><see cref="Close"/> has been called, or the loop has ended.</summary>
    public abstract bool IsClosed { get; }

    /// <summary>
    /// Waits for a client. The result is a connected, close-on-exec descriptor of the kind that connections of this model want (blocking or
    /// not), which is the caller's. One accept may be pending at a time.
    /// </summary>
    /// <param name="peer">Receives the client's address; the listener's until the result is there.</param>
    public abstract ValueTask<SysResult> AcceptAsync(PeerAddress peer);

    /// <summary>
    /// Closes the descriptor. An accept that is pending ends with −ECANCELED once the descriptor is closed, in this call or in a later
    /// iteration; one that comes later ends so at once.
    /// </summary>
    public abstract void Close();
}
