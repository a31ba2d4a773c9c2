using Transport.Core.Interop;
using Transport.Core.Interop.Sockets;
using Transport.Core.Loops.Sockets;
using Transport.Core.Readiness;
using Transport.Uring.Interop;
using Transport.Uring.Rings;

namespace Transport.Uring;

/// <summary>
/// A listening socket on a <see cref="UringLoop"/>: a poll in the ring waits for connections, and accept4(2) accepts until EAGAIN. The call
/// returns the client's address, which a multishot accept does not, and accepts none for which the accept loop has no room.
/// </summary>
internal sealed class UringListener : LoopListener, IUringSocket
{
    private readonly UringLoop _loop;
    private readonly UserData _id;
    private readonly int _descriptor;
    private readonly SocketCompletion _accept = new();
    private PeerAddress? _peer;
    private CallBudget _budget;
    private bool _isClosed;
    private bool _isPolling;

    /// <summary>accept4 has not returned EAGAIN since the last poll.</summary>
    private bool _mayHaveClients;

    public UringListener(UringLoop loop, int descriptor)
    {
        _loop = loop;
        _descriptor = descriptor;
        _id = loop.Add(this);
    }

    public override bool IsClosed => _isClosed;

    public override ValueTask<SysResult> AcceptAsync(PeerAddress peer)
    {
        _loop.AssertCurrent();
        if (_isClosed)
        {
            return new ValueTask<SysResult>(SysResult.Canceled);
        }

        _peer = peer;
        if (_mayHaveClients && _budget.TryUse(_loop.Iteration))
        {
            SysResult accepted = Accept();
            if (!accepted.WouldBlock)
            {
                return new ValueTask<SysResult>(accepted);
            }
        }

        // A poll tests the socket first: connections that the budget has left complete it in the next iteration.
        Poll();
        return _accept.Wait();
    }

    public bool IsInFlight(OperationKind kind) => kind == OperationKind.Incoming && _isPolling;

    public bool IsCanceling(OperationKind kind) => _isClosed && IsInFlight(kind);

    public void OnCompletion(OperationKind kind, int result, uint flags)
    {
        _isPolling = false;
        if (_isClosed)
        {
            CloseDescriptor();
            return;
        }

        SysResult accepted = result < 0 ? new SysResult(result) : Accept();
        if (accepted.WouldBlock || accepted.Errno == Errno.EINTR)
        {
            _loop.Counters.SpuriousReports++;
            Poll();
            return;
        }

        _accept.Complete(accepted);
    }

    public override void Close()
    {
        if (_isClosed)
        {
            return;
        }

        _loop.AssertCurrent();
        _isClosed = true;
        if (_isPolling)
        {
            _loop.Cancel(_id);
        }
        else
        {
            CloseDescriptor();
        }
    }

    /// <summary>Does nothing: another process may listen on the same socket.</summary>
    public void ShutDown()
    {
    }

    private void Poll()
    {
        _isPolling = true;
        _loop.Submit(Sqe.Poll(_descriptor, Libc.POLLIN, _id.Pack()));
    }

    private SysResult Accept()
    {
        SysResult accepted = SocketCalls.Accept(_descriptor, _peer!, blocking: true);
        _mayHaveClients = !accepted.WouldBlock;
        return accepted;
    }

    private void CloseDescriptor()
    {
        _loop.Remove(_id);
        SocketCalls.Close(_descriptor);
        if (_accept.IsPending)
        {
            _accept.Complete(SysResult.Canceled);
        }
    }
}
