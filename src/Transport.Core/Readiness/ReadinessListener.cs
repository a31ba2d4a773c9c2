using Transport.Core.Interop.Sockets;
using Transport.Core.Loops.Sockets;

namespace Transport.Core.Readiness;

/// <summary>
/// A listening socket on a <see cref="ReadinessLoop"/>. It calls accept4 before it waits, unless the last call returned EAGAIN, and
/// remembers an event that arrives when no accept waits.
/// </summary>
internal sealed class ReadinessListener(ReadinessLoop loop, int descriptor) : LoopListener, IReadinessSocket
{
    private readonly SocketCompletion _accept = new();
    private int _descriptor = descriptor;
    private PeerAddress? _peer;
    private CallBudget _budget;
    private bool _isUnfinished;

    /// <summary>False at first: <see cref="IPoller.Add(int, SocketRole)"/> reports clients that wait already.</summary>
    private bool _mayBeReadable;

    public int Key { get; set; }

    public override bool IsClosed => _descriptor < 0;

    public override ValueTask<SysResult> AcceptAsync(PeerAddress peer)
    {
        loop.AssertCurrent();
        if (IsClosed)
        {
            return new ValueTask<SysResult>(SysResult.Canceled);
        }

        _peer = peer;
        if (_mayBeReadable)
        {
            if (!TryUseBudget())
            {
                return _accept.Wait();
            }

            SysResult accepted = Accept();
            if (!accepted.WouldBlock)
            {
                return new ValueTask<SysResult>(accepted);
            }
        }

        loop.Poller.Arm(_descriptor, Readiness.Readable);
        return _accept.Wait();
    }

    public void OnReady(Readiness readiness)
    {
        if ((readiness & Readiness.Readable) == 0)
        {
            return;
        }

        _mayBeReadable = true;
        if (!_accept.IsPending || !TryUseBudget())
        {
            return;
        }

        SysResult accepted = Accept();
        if (accepted.WouldBlock)
        {
            loop.Counters.SpuriousReports++;
            loop.Poller.Arm(_descriptor, Readiness.Readable);
            return;
        }

        _accept.Complete(accepted);
    }

    public void Continue()
    {
        _isUnfinished = false;
        OnReady(Readiness.Readable);
    }

    public override void Close()
    {
        if (IsClosed)
        {
            return;
        }

        loop.AssertCurrent();
        loop.DetachListener(_descriptor, Key);
        SocketCalls.Close(_descriptor);
        _descriptor = -1;
        if (_accept.IsPending)
        {
            _accept.Complete(SysResult.Canceled);
        }
    }

    private SysResult Accept()
    {
        SysResult accepted = SocketCalls.Accept(_descriptor, _peer!, blocking: false);
        _mayBeReadable = !accepted.WouldBlock;
        return accepted;
    }

    /// <returns>False if it waits for the next iteration, which calls <see cref="Continue"/>.</returns>
    private bool TryUseBudget()
    {
        if (_budget.TryUse(loop.Iteration))
        {
            return true;
        }

        if (!_isUnfinished)
        {
            _isUnfinished = true;
            loop.ContinueNextIteration(this);
        }

        return false;
    }
}
