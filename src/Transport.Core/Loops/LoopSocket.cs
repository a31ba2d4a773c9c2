using System.Buffers;
using System.IO.Pipelines;
using Transport.Core.Interop;

namespace Transport.Core.Loops;

/// <summary>
/// Seam A: a listening or connected socket as its loop's I/O model sees it: how bytes move. Loop thread only, but for
/// <see cref="TrySend"/>. One accept or receive, and one send, may be under way at a time.
/// </summary>
internal abstract class LoopSocket(int descriptor)
{
    /// <summary>The socket's number, ours to close; −1 once it is.</summary>
    public int Descriptor { get; protected set; } = descriptor;

    /// <summary>Waits for a client. The result is a connected descriptor, non-blocking and close-on-exec, which is the caller's.</summary>
    /// <param name="peer">Receives the client's address; the socket's until the result is there.</param>
    public abstract ValueTask<SysResult> AcceptAsync(PeerAddress peer);

    /// <summary>
    /// Waits for bytes and appends them to the pipe, without flushing it. The result is how many; 0 is FIN.
    /// It takes the pipe and not memory: the model decides when a buffer is needed, so an idle connection holds none.
    /// </summary>
    public abstract ValueTask<SysResult> ReceiveAsync(PipeWriter input);

    /// <summary>
    /// Says that a short receive does not prove the socket empty, as it does on TCP. On AF_UNIX a receive ends where the sender attached
    /// descriptors or credentials (SCM_RIGHTS, SCM_CREDENTIALS), with more bytes behind. Nothing to a model that does not rely on it.
    /// </summary>
    public virtual void ExpectShortReceives()
    {
    }

    /// <summary>
    /// Sends all of <paramref name="output"/>, however long the peer takes. The memory is the socket's until the result is there.
    /// </summary>
    public abstract ValueTask<SysResult> SendAsync(ReadOnlySequence<byte> output);

    /// <summary>
    /// Sends what the kernel takes at once, which may be less than all of it. Any thread, while no send is under way; the descriptor is not
    /// closed meanwhile. −EAGAIN: nothing, and the loop is to send it.
    /// </summary>
    public abstract SysResult TrySend(ReadOnlySequence<byte> output);

    /// <summary>
    /// Closes the descriptor once the kernel has let go of it. Operations that are pending, or come later, end with −ECANCELED.
    /// </summary>
    public abstract void Close();
}
