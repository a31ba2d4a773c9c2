using Transport.Core.Interop;
using Transport.Core.Interop.Sockets;
using Transport.Core.Loops.Sockets;
using Transport.Core.Loops.Waiting;

namespace Transport.Blocking;

/// <summary>
/// A listening socket, and the thread that waits for connections. It waits in poll(2) and not in accept(2): only shutting the socket down
/// would end an accept, and other threads or processes may use the same socket.
/// </summary>
internal sealed unsafe class BlockingListener : LoopListener, IBlockingSocket
{
    private readonly BlockingLoop _loop;
    private readonly HeldDescriptor _held;
    private readonly CallThread _accepting;
    private readonly Waker _stop = new();
    private bool _isClosed;

    /// <summary>Used by the accepting thread only until the result has been posted.</summary>
    private PeerAddress? _peer;

    /// <summary>The threads of the next connection have been reserved in the budget.</summary>
    private bool _isGranted;

    /// <summary>The listener waits for threads.</summary>
    private bool _isWaiting;

    public BlockingListener(BlockingLoop loop, int descriptor)
    {
        _loop = loop;
        _held = new HeldDescriptor(descriptor, Released);
        _accepting = new CallThread(this, _held, loop, $"accept {descriptor}, {loop.Name}", Accept);
    }

    public override bool IsClosed => _isClosed;

    public override ValueTask<SysResult> AcceptAsync(PeerAddress peer)
    {
        _loop.AssertCurrent();
        if (IsClosed)
        {
            return new ValueTask<SysResult>(SysResult.Canceled);
        }

        _peer = peer;
        if (!_loop.Threads.CanStart)
        {
            // A thread could not be started a moment ago: the accept loop pauses, and clients wait in the backlog.
            return new ValueTask<SysResult>(new SysResult(-Errno.ENOMEM));
        }

        if (_isGranted || _loop.Budget.TryTake(this, out bool isNews))
        {
            _isGranted = true;
            return _accepting.CallAsync();
        }

        Interlocked.Increment(ref _loop.Blocking.AcceptWaits);
        if (isNews)
        {
            _loop.LogThreadsExhausted();
        }

        _isWaiting = true;
        return _accepting.PrepareAsync();
    }

    /// <summary>Reserves the threads of one connection for this listener. Any thread.</summary>
    /// <returns>False if its loop has ended.</returns>
    public bool TryGrant() => _loop.TryPost(static self => ((BlockingListener)self!).Granted(), this);

    public override void Close()
    {
        if (_isClosed)
        {
            return;
        }

        _loop.AssertCurrent();
        _isClosed = true;
        _stop.Wake();
        _accepting.Dismiss();
        if (_isWaiting)
        {
            _isWaiting = false;
            _accepting.Cancel();
        }

        _held.Release();
        if (!_accepting.IsPending)
        {
            _loop.Detach(this);
        }
    }

    public SysResult Ended(CallThread thread, SysResult result)
    {
        if (!_isClosed)
        {
            return result;
        }

        if (!result.IsError)
        {
            // The accept was cancelled meanwhile: the connection is closed.
            SocketCalls.Close((int)result.Value);
            _loop.Budget.GiveBack();
        }

        _loop.Detach(this);
        return SysResult.Canceled;
    }

    public void End()
    {
        Close();
        _accepting.Join();
    }

    /// <summary>Called when the descriptor is closed. Any thread.</summary>
    private void Released()
    {
        _stop.Dispose();
        if (_isGranted)
        {
            _loop.Budget.GiveBack();
        }
    }

    private void Granted()
    {
        if (IsClosed)
        {
            _loop.Budget.GiveBack();
            return;
        }

        _isWaiting = false;
        _isGranted = true;
        _accepting.Request();
    }

    /// <summary>The accepting thread: waits for a connection. Another process may accept it first.</summary>
    private SysResult Accept()
    {
        Libc.pollfd* either = stackalloc Libc.pollfd[2];
        either[0] = new Libc.pollfd { fd = _held.Number, events = Libc.POLLIN };
        either[1] = new Libc.pollfd { fd = _stop.Descriptor, events = Libc.POLLIN };
        while (true)
        {
            SysResult found = SysResult.From(Libc.poll(either, 2, -1));
            if (found.Errno == Errno.EINTR)
            {
                continue;
            }

            if (found.IsError || either[1].revents != 0)
            {
                return found.IsError ? found : SysResult.Canceled;
            }

            SysResult accepted = SocketCalls.Accept(_held.Number, _peer!, blocking: true);
            if (!accepted.WouldBlock)
            {
                _isGranted = accepted.IsError;
                return accepted;
            }
        }
    }
}
