using Shared.Interop;
using Transport.Core.Interop;
using Transport.Core.Interop.Sockets;
using Transport.Core.Loops.Sockets;

namespace Test.Shared.Completion;

/// <summary>A listening socket of a <see cref="CompletionLoop"/>.</summary>
internal sealed class CompletionListener(CompletionLoop loop, int descriptor) : LoopListener, ICompletionSocket
{
    private readonly RingOperation _accept = new(loop.Operations, descriptor, Libc.POLLIN);
    private bool _isClosed;

    public override bool IsClosed => _isClosed;

    public override async ValueTask<SysResult> AcceptAsync(PeerAddress peer)
    {
        loop.AssertCurrent();
        if (_isClosed)
        {
            return SysResult.Canceled;
        }

        while (true)
        {
            // The call is the loop's, as with deferred task work: a loop that is blocked accepts nobody whom it would leave waiting.
            await _accept.SubmitAsync(call: null).ConfigureAwait(false);
            if (_isClosed)
            {
                EndClose();
                return SysResult.Canceled;
            }

            SysResult accepted = SocketCalls.Accept(descriptor, peer, blocking: false);
            if (!accepted.WouldBlock)
            {
                return accepted;
            }
        }
    }

    public override void Close()
    {
        if (_isClosed)
        {
            return;
        }

        loop.AssertCurrent();
        _isClosed = true;
        if (_accept.IsPending)
        {
            _accept.Cancel();
        }
        else
        {
            EndClose();
        }
    }

    private void EndClose()
    {
        SocketCalls.Close(descriptor);
        loop.Detach(this);
    }
}
