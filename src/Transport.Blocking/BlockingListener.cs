using System.Buffers;
using System.IO.Pipelines;
using Transport.Core.Interop;
using Transport.Core.Loops;

namespace Transport.Blocking;

/// <summary>
/// A listening socket, and the thread that waits for clients. It waits in poll(2) and not in accept(2): accept could only be ended by
/// shutting the socket down, which others may be listening on, in this process or in another.
/// </summary>
internal sealed unsafe class BlockingListener : BlockingSocket
{
    private readonly CallThread _accepting;
    private readonly Waker _stop = new();
    private readonly int _descriptor;

    /// <summary>The accepting thread's own until the result has been posted.</summary>
    private PeerAddress? _peer;

    /// <summary>The next connection's threads have been taken from the budget.</summary>
    private bool _isGranted;

    /// <summary>They are awaited.</summary>
    private bool _isWaiting;

    public BlockingListener(BlockingLoop loop, int descriptor)
        : base(loop, descriptor)
    {
        _descriptor = descriptor;
        _accepting = new CallThread(this, loop, $"accept {descriptor}, {loop.Name}", Accept);
    }

    public override ValueTask<SysResult> AcceptAsync(PeerAddress peer)
    {
        Loop.AssertCurrent();
        if (IsClosed)
        {
            return new ValueTask<SysResult>(Canceled);
        }

        _peer = peer;
        if (!Loop.Threads.CanStart)
        {
            // A thread could not be started a moment ago: the accept loop pauses, and clients wait in the backlog.
            return new ValueTask<SysResult>(new SysResult(-Errno.ENOMEM));
        }

        if (_isGranted || Loop.Budget.TryTake(this, out bool isNews))
        {
            _isGranted = true;
            return _accepting.CallAsync();
        }

        Interlocked.Increment(ref Loop.Blocking.AcceptWaits);
        if (isNews)
        {
            Loop.LogThreadsExhausted();
        }

        _isWaiting = true;
        return _accepting.PrepareAsync();
    }

    /// <exception cref="InvalidOperationException">Always: it listens.</exception>
    public override ValueTask<SysResult> ReceiveAsync(PipeWriter input) => throw new InvalidOperationException("A listening socket receives nothing.");

    /// <exception cref="InvalidOperationException">Always: it listens.</exception>
    public override ValueTask<SysResult> SendAsync(ReadOnlySequence<byte> output) => throw new InvalidOperationException("A listening socket sends nothing.");

    /// <summary>The threads of one connection are this listener's now. Any thread.</summary>
    /// <returns>False when its loop has ended.</returns>
    public bool TryGrant() => Loop.TryPost(static self => ((BlockingListener)self!).Granted(), this);

    protected override void EndCalls(int descriptor)
    {
        _stop.Wake();
        _accepting.Dismiss();
        if (_isWaiting)
        {
            _isWaiting = false;
            _accepting.Cancel();
        }
    }

    protected override bool IsIdle(CallThread? except) => !_accepting.IsPending || except == _accepting;

    protected override void Account(CallThread thread, SysResult result, bool isDiscarded)
    {
        if (isDiscarded && !result.IsError)
        {
            SocketCalls.Close((int)result.Value);
            Loop.Budget.GiveBack();
        }
    }

    protected override void Join() => _accepting.Join();

    protected override void Released()
    {
        _stop.Dispose();
        if (_isGranted)
        {
            Loop.Budget.GiveBack();
        }
    }

    private void Granted()
    {
        if (IsClosed)
        {
            Loop.Budget.GiveBack();
            return;
        }

        _isWaiting = false;
        _isGranted = true;
        _accepting.Ask();
    }

    /// <summary>The thread: waits for a client. Somebody else may be faster.</summary>
    private SysResult Accept()
    {
        Libc.pollfd* either = stackalloc Libc.pollfd[2];
        either[0] = new Libc.pollfd { fd = _descriptor, events = Libc.POLLIN };
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
                return found.IsError ? found : Canceled;
            }

            SysResult accepted = SocketCalls.Accept(_descriptor, _peer!);
            if (!accepted.WouldBlock)
            {
                _isGranted = accepted.IsError;
                return accepted;
            }
        }
    }
}
