using Transport.Core.Interop.Sockets;

namespace Transport.Core.Loops.Sockets;

/// <summary>Seam A: a listening socket of an I/O model. Loop thread only.</summary>
internal abstract class LoopListener
{
    /// <summary><see cref="Close"/> has been called, or the loop has ended.</summary>
    public abstract bool IsClosed { get; }

    /// <summary>
    /// Accepts a connection. The result is a connected, close-on-exec descriptor, blocking or not as this model needs it; the caller owns
    /// it. One accept may be pending at a time.
    /// </summary>
    /// <param name="peer">Receives the client's address; in use until completion.</param>
    public abstract ValueTask<SysResult> AcceptAsync(PeerAddress peer);

    /// <summary>
    /// Closes the descriptor. A pending accept completes with −ECANCELED once the descriptor is closed, in this call or in a later
    /// iteration; later ones do so at once.
    /// </summary>
    public abstract void Close();
}
