using System.IO.Pipelines;
using System.Net;
using System.Net.Sockets;
using Transport.Core.Interop.Sockets;

namespace Transport.Core.Loops.Sockets;

/// <summary>
/// Seam A: a connected socket of an I/O model, which moves its bytes. Loop thread only, except for <see cref="TrySend"/>. One receive and
/// one send may be pending at a time. Code above this class does not use the descriptor.
/// </summary>
internal abstract class LoopConnection(int descriptor)
{
    /// <summary>The socket's descriptor, which this object closes; −1 after <see cref="CloseAsync"/> has been called.</summary>
    protected int Descriptor { get; set; } = descriptor;

    /// <summary>
    /// Waits for data and appends it to the pipe, without flushing. Returns the number of bytes; 0 is FIN. It takes the pipe instead of
    /// memory because the model decides when a buffer is needed: an idle connection holds none.
    /// </summary>
    public abstract ValueTask<SysResult> ReceiveAsync(PipeWriter input);

    /// <summary>
    /// Sends all of <paramref name="output"/>, however long the peer takes. The memory belongs to the connection until completion.
    /// </summary>
    public abstract ValueTask<SysResult> SendAsync(in OutputBatch output);

    /// <summary>
    /// Sends what the kernel accepts without waiting, which may be less than all of it. Any thread, while no send is pending; the
    /// descriptor is not closed meanwhile. −EAGAIN: nothing was sent, and the loop has to send it.
    /// </summary>
    public abstract SysResult TrySend(in OutputBatch output);

    /// <summary>
    /// Disables the optimization that a short receive proves the socket empty, as it does on TCP. On AF_UNIX a receive ends where the
    /// sender attached descriptors or credentials (SCM_RIGHTS, SCM_CREDENTIALS), although more bytes follow. Models without that
    /// optimization ignore this.
    /// </summary>
    public virtual void ExpectShortReceives()
    {
    }

    /// <summary>Selects how <see cref="CloseAsync"/>, called next, closes the connection.</summary>
    /// <param name="reset">True: RST, and unsent data is discarded. False: FIN after the unsent data.</param>
    /// <remarks>Either call fails (ENOTCONN) if the peer has already closed; that is ignored.</remarks>
    public virtual void Shutdown(bool reset) => _ = reset ? SocketCalls.ResetOnClose(Descriptor) : SocketCalls.Shutdown(Descriptor);

    /// <summary>
    /// Closes the descriptor. Pending operations complete with −ECANCELED, in this call or in a later iteration; later ones do so at once.
    /// The result completes on the loop's thread when the kernel no longer uses memory of the connection.
    /// </summary>
    public abstract ValueTask CloseAsync();

    /// <summary>Returns the local address of this connection, or null.</summary>
    /// <param name="family">An end point of the socket's address family, which parses addresses other than IP.</param>
    public EndPoint? GetLocalEndPoint(EndPoint family) => SocketCalls.GetLocalEndPoint(Descriptor, family);

    /// <summary>
    /// Creates a <see cref="Socket"/> of the same descriptor that does not own it. Any thread. The caller disposes it before <see
    /// cref="CloseAsync"/>, so that it never refers to a later connection with the same number.
    /// </summary>
    public Socket CreateSocket() => new(new SafeSocketHandle(Descriptor, ownsHandle: false));
}
