using System.IO.Pipelines;
using System.Net;
using System.Net.Sockets;
using Transport.Core.Interop;

namespace Transport.Core.Loops;

/// <summary>
/// Seam A: a connected socket as its loop's I/O model sees it: how bytes move. Loop thread only, but for <see cref="TrySend"/>. One receive
/// and one send may be under way at a time. Nobody above the seam knows the descriptor.
/// </summary>
internal abstract class LoopConnection(int descriptor)
{
    /// <summary>The socket's number, this object's to close; −1 once <see cref="CloseAsync"/> has been called.</summary>
    protected int Descriptor { get; set; } = descriptor;

    /// <summary>
    /// Waits for bytes and appends them to the pipe, without flushing it. The result is how many; 0 is FIN.
    /// It takes the pipe and not memory: the model decides when a buffer is needed, so an idle connection holds none.
    /// </summary>
    public abstract ValueTask<SysResult> ReceiveAsync(PipeWriter input);

    /// <summary>
    /// Sends all of <paramref name="output"/>, however long the peer takes. The memory is the connection's until the result is there.
    /// </summary>
    public abstract ValueTask<SysResult> SendAsync(in OutputBatch output);

    /// <summary>
    /// Sends what the kernel takes at once, which may be less than all of it. Any thread, while no send is under way; the descriptor is not
    /// closed meanwhile. −EAGAIN: nothing, and the loop is to send it.
    /// </summary>
    public abstract SysResult TrySend(in OutputBatch output);

    /// <summary>
    /// Says that a short receive does not prove the socket empty, as it does on TCP. On AF_UNIX a receive ends where the sender attached
    /// descriptors or credentials (SCM_RIGHTS, SCM_CREDENTIALS), with more bytes behind. A model that does not rely on it ignores this.
    /// </summary>
    public virtual void ExpectShortReceives()
    {
    }

    /// <summary>Decides how <see cref="CloseAsync"/>, called next, ends the connection for the peer.</summary>
    /// <param name="reset">RST, and what is unsent is discarded; otherwise FIN after what the kernel still has to send.</param>
    /// <remarks>A peer that has gone makes either call fail (ENOTCONN): there is nothing left to tell it.</remarks>
    public void Shutdown(bool reset) => _ = reset ? SocketCalls.ResetOnClose(Descriptor) : SocketCalls.Shutdown(Descriptor);

    /// <summary>
    /// Closes the descriptor. Operations that are pending end with −ECANCELED, in this call or in a later iteration; those that come later
    /// end so at once. The result completes when the kernel holds nothing of the connection any more, on the loop's thread.
    /// </summary>
    public abstract ValueTask CloseAsync();

    /// <summary>Our address of this connection, or null.</summary>
    /// <param name="family">An end point of the socket's family, which knows how to read addresses other than IP.</param>
    public EndPoint? GetLocalEndPoint(EndPoint family) => SocketCalls.GetLocalEndPoint(Descriptor, family);

    /// <summary>
    /// A <see cref="Socket"/> of the same descriptor that does not own it. Any thread; the caller disposes it before
    /// <see cref="CloseAsync"/>, so that it never means a later connection of the same number.
    /// </summary>
    public Socket CreateSocket() => new(new SafeSocketHandle(Descriptor, ownsHandle: false));
}
