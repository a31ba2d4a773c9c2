using System.Buffers;
using System.IO.Pipelines;
using Transport.Core.Interop;
using Transport.Core.Loops;

namespace Transport.Core.Readiness;

/// <summary>
/// A socket on a <see cref="ReadinessLoop"/>. It has two duties, once for all models: to try the call before waiting, unless the last one
/// said EAGAIN or came back short; and to remember a hint that arrives when nobody waits. Loop thread only, but for <see cref="TrySend"/>.
/// </summary>
internal sealed class ReadinessSocket(ReadinessLoop loop, int descriptor) : LoopSocket(descriptor)
{
    /// <summary>At least half a block of Kestrel's: less is not worth a system call.</summary>
    public const int MinimumBuffer = 2048;

    /// <summary>The most that a bulk receive asks for at once, when what it asked for before was filled.</summary>
    public const int MaximumBuffer = 64 * 1024;

    /// <summary>Accepts or receives of one socket in a turn, so that none starves the others. A guess.</summary>
    private const int MaxPerTurn = 16;

    /// <summary>What an operation on a closed socket says, whether it was pending or comes late.</summary>
    private static readonly SysResult Canceled = new(-Errno.ECANCELED);

    /// <summary>Held by another thread while it sends: its number must not become somebody else's meanwhile.</summary>
    private readonly Lock _closing = new();
    private readonly SocketCompletion _incoming = new();
    private SocketCompletion? _outgoing;
    private PipeWriter? _input;

    /// <summary>Of a listening socket.</summary>
    private PeerAddress? _peer;
    private ReadOnlySequence<byte> _output;
    private long _sent;
    private int _buffer = MinimumBuffer;
    private long _turn;
    private int _callsThisTurn;
    private bool _isUnfinished;
    private bool _isOutgoingQueued;

    /// <summary>
    /// False at first: <see cref="IPoller.Add"/> reports what is there already, and a try that met nothing would leave a block with an idle
    /// connection.
    /// </summary>
    private bool _mayBeReadable;
    private bool _mayBeWritable = true;
    private bool _shortProvesNothing;

    public override ValueTask<SysResult> AcceptAsync(PeerAddress peer)
    {
        _peer = peer;
        return TakeInAsync();
    }

    public override ValueTask<SysResult> ReceiveAsync(PipeWriter input)
    {
        _input = input;
        return TakeInAsync();
    }

    public override void ExpectShortReceives() => _shortProvesNothing = true;

    public override ValueTask<SysResult> SendAsync(ReadOnlySequence<byte> output)
    {
        loop.AssertCurrent();
        if (Descriptor < 0)
        {
            return new ValueTask<SysResult>(Canceled);
        }

        _output = output;
        _sent = 0;
        if (_mayBeWritable && loop.Answers.IsUsedUp)
        {
            QueueOutgoing();
            return (_outgoing ??= new SocketCompletion()).Wait();
        }

        if (_mayBeWritable)
        {
            SysResult result = SendOutput(ref loop.Answers);
            if (!result.WouldBlock)
            {
                return new ValueTask<SysResult>(result);
            }
        }

        loop.Poller.Arm(Descriptor, Readiness.Writable);
        return (_outgoing ??= new SocketCompletion()).Wait();
    }

    public override SysResult TrySend(ReadOnlySequence<byte> output)
    {
        lock (_closing)
        {
            if (Descriptor < 0)
            {
                return Canceled;
            }

            SysResult sent = SocketCalls.Send(Descriptor, output);
            if (!sent.IsError)
            {
                Interlocked.Add(ref loop.Counters.BytesSentElsewhere.Value, sent.Value);
            }

            return sent;
        }
    }

    /// <summary>A report, or the turn after one that was cut short.</summary>
    public void OnReady(Readiness readiness)
    {
        if ((readiness & Readiness.Exceptional) != 0)
        {
            _shortProvesNothing = true;
        }

        if ((readiness & Readiness.Readable) != 0)
        {
            _mayBeReadable = true;
            if (_incoming.IsPending)
            {
                FinishIncoming();
            }
        }

        // The continuation above may have closed the socket.
        if ((readiness & Readiness.Writable) != 0 && Descriptor >= 0)
        {
            _mayBeWritable = true;
            if (_outgoing is { IsPending: true })
            {
                QueueOutgoing();
            }
        }
    }

    /// <summary>Goes on where the last turn stopped.</summary>
    public void Continue()
    {
        _isUnfinished = false;
        OnReady(Readiness.Readable);
    }

    public override void Close()
    {
        if (Descriptor < 0)
        {
            return;
        }

        loop.AssertCurrent();
        lock (_closing)
        {
            loop.Detach(this);
            SocketCalls.Close(Descriptor);
            Descriptor = -1;
        }

        if (_incoming.IsPending)
        {
            _incoming.Complete(Canceled);
        }

        if (_outgoing is { IsPending: true })
        {
            _outgoing.Complete(Canceled);
        }
    }

    private ValueTask<SysResult> TakeInAsync()
    {
        loop.AssertCurrent();
        if (Descriptor < 0)
        {
            return new ValueTask<SysResult>(Canceled);
        }

        if (_mayBeReadable)
        {
            if (HasHadItsShare())
            {
                return _incoming.Wait();
            }

            SysResult result = ReceiveOrAccept();
            if (!result.WouldBlock)
            {
                return new ValueTask<SysResult>(result);
            }
        }

        loop.Poller.Arm(Descriptor, Readiness.Readable);
        return _incoming.Wait();
    }

    private void FinishIncoming()
    {
        if (HasHadItsShare())
        {
            return;
        }

        SysResult result;
        try
        {
            result = ReceiveOrAccept();
        }
        catch (Exception exception)
        {
            // The memory pool is the application's: its exception ends this connection, not the loop.
            _incoming.Fail(exception);
            return;
        }

        if (result.WouldBlock)
        {
            loop.Counters.SpuriousReports++;
            loop.Poller.Arm(Descriptor, Readiness.Readable);
            return;
        }

        _incoming.Complete(result);
    }

    /// <summary>What is still to be sent waits for the send phase: what the turn has received is handed over first.</summary>
    private void QueueOutgoing()
    {
        if (!_isOutgoingQueued)
        {
            _isOutgoingQueued = true;
            loop.Schedule(static socket => ((ReadinessSocket)socket!).FinishOutgoing(), this);
        }
    }

    private void FinishOutgoing()
    {
        _isOutgoingQueued = false;
        if (_outgoing is not { IsPending: true })
        {
            // Closed meanwhile.
            return;
        }

        if (loop.Leftovers.IsUsedUp)
        {
            QueueOutgoing();
            return;
        }

        SysResult result;
        try
        {
            result = SendOutput(ref loop.Leftovers);
        }
        catch (Exception exception)
        {
            // Pinning a block of the application's memory pool failed: this connection ends, not the loop.
            _output = default;
            _outgoing.Fail(exception);
            return;
        }

        if (result.WouldBlock)
        {
            loop.Poller.Arm(Descriptor, Readiness.Writable);
            return;
        }

        _outgoing.Complete(result);
    }

    /// <summary>One accept4 or recv, and what it tells about the next.</summary>
    private SysResult ReceiveOrAccept()
    {
        if (_input is null)
        {
            SysResult accepted = SocketCalls.Accept(Descriptor, _peer!);
            _mayBeReadable = !accepted.WouldBlock;
            return accepted;
        }

        Memory<byte> buffer = _input.GetMemory(_buffer);
        SysResult received = SocketCalls.Receive(Descriptor, buffer.Span);
        if (received.Value > 0)
        {
            // On a stream a short receive has emptied the socket (epoll(7)): asking again would only meet EAGAIN.
            _input.Advance((int)received.Value);
            loop.Counters.BytesReceived += received.Value;
            bool filled = received.Value == buffer.Length;
            _mayBeReadable = filled || _shortProvesNothing;
            _buffer = filled ? Math.Min(_buffer * 2, loop.MaximumBuffer) : MinimumBuffer;
        }
        else if (received.WouldBlock)
        {
            _mayBeReadable = false;
        }
        else if (buffer.IsEmpty)
        {
            throw EmptyBlock();
        }

        return received;
    }

    /// <summary>A receive into no bytes returns 0, which must not be taken for FIN.</summary>
    public static InvalidOperationException EmptyBlock() => new("The memory pool returned an empty block; a block has at least one byte.");

    /// <summary>Sends until all is gone or the socket's buffer is full. Asks until EAGAIN: only that promises a report.</summary>
    private SysResult SendOutput(ref SendShare share)
    {
        while (true)
        {
            SysResult sent = SocketCalls.Send(Descriptor, _output);
            if (sent.IsError)
            {
                if (sent.WouldBlock)
                {
                    _mayBeWritable = false;
                }
                else
                {
                    _output = default;
                }

                return sent;
            }

            share.Use(sent.Value);
            loop.Counters.BytesSent += sent.Value;
            _sent += sent.Value;
            if (sent.Value == _output.Length)
            {
                _output = default;
                return new SysResult((nint)_sent);
            }

            _output = _output.Slice(sent.Value);
        }
    }

    /// <summary>Whether the socket must wait for the next turn, and if so arranges that it is called.</summary>
    private bool HasHadItsShare()
    {
        long turn = loop.Counters.Waits;
        if (_turn != turn)
        {
            _turn = turn;
            _callsThisTurn = 0;
        }

        if (++_callsThisTurn <= MaxPerTurn)
        {
            return false;
        }

        if (!_isUnfinished)
        {
            _isUnfinished = true;
            loop.ContinueNextTurn(this);
        }

        return true;
    }
}
