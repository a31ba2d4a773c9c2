using System.IO.Pipelines;
using Transport.Core.Interop.Sockets;
using Transport.Core.Loops.Sockets;

namespace Transport.Core.Readiness;

/// <summary>
/// A connected socket on a <see cref="ReadinessLoop"/>. For all models it tries the call before it waits, unless the last one returned
/// EAGAIN or was short. It also remembers an event that arrives when no operation waits.
/// </summary>
internal sealed class ReadinessConnection(ReadinessLoop loop, int descriptor) : LoopConnection(descriptor), IReadinessSocket
{
    private readonly int _socket = descriptor;
    private DescriptorUse _elsewhere;
    private readonly SocketCompletion _incoming = new();
    private SocketCompletion? _outgoing;
    private PipeWriter? _input;
    private OutputBatch _output;
    private long _sent;
    private ReceiveBuffer _buffer = new(loop.MaximumBuffer);
    private CallBudget _budget;
    private bool _isUnfinished;
    private bool _isOutgoingQueued;

    /// <summary>
    /// False at first: <see cref="IPoller.Add(int, SocketRole)"/> reports data that is there already, and a receive without data would
    /// leave an idle connection with a buffer.
    /// </summary>
    private bool _mayBeReadable;
    private bool _mayBeWritable = true;
    private bool _shortProvesNothing;

    public int Key { get; set; }

    public override ValueTask<SysResult> ReceiveAsync(PipeWriter input)
    {
        loop.AssertCurrent();
        if (Descriptor < 0)
        {
            return new ValueTask<SysResult>(SysResult.Canceled);
        }

        _input = input;
        if (_mayBeReadable)
        {
            if (!TryUseBudget())
            {
                return _incoming.Wait();
            }

            SysResult result = Receive();
            if (!result.WouldBlock)
            {
                return new ValueTask<SysResult>(result);
            }
        }

        loop.Poller.Arm(Descriptor, Readiness.Readable);
        return _incoming.Wait();
    }

    public override void ExpectShortReceives() => _shortProvesNothing = true;

    public override ValueTask<SysResult> SendAsync(in OutputBatch output)
    {
        loop.AssertCurrent();
        if (Descriptor < 0)
        {
            return new ValueTask<SysResult>(SysResult.Canceled);
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

        WaitToSend();
        return (_outgoing ??= new SocketCompletion()).Wait();
    }

    public override SysResult TrySend(in OutputBatch output)
    {
        if (!_elsewhere.TryBegin())
        {
            return SysResult.Canceled;
        }

        try
        {
            SysResult sent = OutputCalls.SendNext(_socket, output, loop.Counters);
            if (!sent.IsError)
            {
                Interlocked.Add(ref loop.Counters.BytesSentElsewhere.Value, sent.Value);
            }

            return sent;
        }
        finally
        {
            // Also after an exception of the application's memory pool.
            if (_elsewhere.End())
            {
                SocketCalls.Close(_socket);
            }
        }
    }

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
                FinishReceive();
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

    public void Continue()
    {
        _isUnfinished = false;
        OnReady(Readiness.Readable);
    }

    public override ValueTask CloseAsync()
    {
        Close();
        return ValueTask.CompletedTask;
    }

    /// <summary>Closes at once: the kernel holds no memory of a socket in a readiness model.</summary>
    public void Close()
    {
        if (Descriptor < 0)
        {
            return;
        }

        loop.AssertCurrent();
        Descriptor = -1;
        loop.DetachConnection(_socket, Key);
        if (_elsewhere.Close())
        {
            SocketCalls.Close(_socket);
        }

        if (_incoming.IsPending)
        {
            _incoming.Complete(SysResult.Canceled);
        }

        if (_outgoing is { IsPending: true })
        {
            _outgoing.Complete(SysResult.Canceled);
        }
    }

    private void FinishReceive()
    {
        if (!TryUseBudget())
        {
            return;
        }

        SysResult result;
        try
        {
            result = Receive();
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

    /// <summary>Queues the rest for the send phase: the data received in this iteration is handed over first.</summary>
    private void QueueOutgoing()
    {
        if (!_isOutgoingQueued)
        {
            _isOutgoingQueued = true;
            loop.Schedule(static socket => ((ReadinessConnection)socket!).FinishOutgoing(), this);
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
            // Pinning a block of the application's memory pool failed: this ends the connection, not the loop.
            _output = default;
            _outgoing.Fail(exception);
            return;
        }

        if (result.WouldBlock)
        {
            WaitToSend();
            return;
        }

        _outgoing.Complete(result);
    }

    /// <summary>Waits for room in the socket's buffer, or for the next iteration if a file has used up the budget of this one.</summary>
    private void WaitToSend()
    {
        if (_mayBeWritable)
        {
            QueueOutgoing();
        }
        else
        {
            loop.Poller.Arm(Descriptor, Readiness.Writable);
        }
    }

    /// <summary>Makes one recv call, and records whether another one may find data.</summary>
    private SysResult Receive()
    {
        Memory<byte> buffer = _buffer.Rent(_input!);
        SysResult received = SocketCalls.Receive(Descriptor, buffer.Span);
        if (received.Value > 0)
        {
            // On a stream socket a short receive has emptied the buffer (epoll(7)): another call would return EAGAIN.
            _input!.Advance((int)received.Value);
            loop.Counters.BytesReceived += received.Value;
            _mayBeReadable = _buffer.Received(received.Value, buffer.Length) || _shortProvesNothing;
        }
        else if (received.WouldBlock)
        {
            _mayBeReadable = false;
        }

        return received;
    }

    /// <summary>
    /// Sends until all is sent or the socket's buffer is full. Repeats until EAGAIN, because only EAGAIN guarantees a later event. Returns
    /// −EAGAIN while <see cref="_mayBeWritable"/> is set if a client that reads a file as fast as it is sent has used up the budget.
    /// </summary>
    private SysResult SendOutput(ref SendBudget budget)
    {
        while (true)
        {
            SysResult sent = OutputCalls.SendNext(Descriptor, _output, loop.Counters);
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

            budget.Use(sent.Value);
            loop.Counters.BytesSent += sent.Value;
            _sent += sent.Value;
            _output = _output.After(sent.Value);
            if (_output.IsEmpty)
            {
                _output = default;
                return new SysResult((nint)_sent);
            }

            if (_output.Bytes.IsEmpty && budget.IsUsedUp)
            {
                return new SysResult(-Errno.EAGAIN);
            }
        }
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
