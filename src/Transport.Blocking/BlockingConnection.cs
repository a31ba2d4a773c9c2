using System.IO.Pipelines;
using Transport.Core.Interop;
using Transport.Core.Interop.Sockets;
using Transport.Core.Loops.Sockets;

namespace Transport.Blocking;

/// <summary>A connected socket with a thread for each direction that needs one.</summary>
/// <remarks>
/// The kernel's behaviour and how this class handles it (4.2BSD; nothing here is specific to Linux):
/// <list type="bullet">
/// <item>a) recv(2) waits as long as the peer likes, so a connection has a thread from its first receive to its end. A request takes two
/// context switches.</item>
/// <item>b) close(2) does not end a call in another thread. shutdown(2) does, but only SHUT_RDWR ends a send, and that queues FIN: a peer
/// that reads to the end before the last user has closed the descriptor does not see RST. So an abort disconnects the socket instead:
/// connect(AF_UNSPEC) sends RST at once, and ends the calls of both directions.</item>
/// <item>c) A thread in a call uses the descriptor's number, so it must not be reused before the call returns: the last user closes
/// it.</item>
/// <item>d) The buffer is allocated before data arrives. With an option, recv with MSG_PEEK waits with a byte on the stack instead.</item>
/// <item>e) Most responses fit in the socket's buffer: the loop, or the thread that flushes, sends them with MSG_DONTWAIT. A second thread
/// sends the rest, and waits.</item>
/// <item>f) The socket is in blocking mode: its listener accepts it so.</item>
/// </list>
/// </remarks>
internal sealed class BlockingConnection : LoopConnection, IBlockingSocket
{
    private readonly BlockingLoop _loop;
    private readonly HeldDescriptor _held;
    private readonly CallThread _receiving;
    private readonly CallThread _sending;
    private PipeWriter? _input;
    private OutputBatch _output;
    private ReceiveBuffer _buffer;
    private bool _resets;

    public BlockingConnection(BlockingLoop loop, int descriptor)
        : base(descriptor)
    {
        _loop = loop;
        _buffer = new ReceiveBuffer(loop.MaximumBuffer);
        _held = new HeldDescriptor(descriptor, loop.Budget.GiveBack);
        _receiving = new CallThread(this, _held, loop, $"recv {descriptor}, {loop.Name}", Receive);
        _sending = new CallThread(this, _held, loop, $"send {descriptor}, {loop.Name}", Send);
    }

    public bool IsClosed => Descriptor < 0;

    public override ValueTask<SysResult> ReceiveAsync(PipeWriter input)
    {
        _loop.AssertCurrent();
        if (IsClosed)
        {
            return new ValueTask<SysResult>(SysResult.Canceled);
        }

        _input = input;
        return _receiving.CallAsync();
    }

    public override ValueTask<SysResult> SendAsync(in OutputBatch output)
    {
        _loop.AssertCurrent();
        if (IsClosed)
        {
            return new ValueTask<SysResult>(SysResult.Canceled);
        }

        _output = output;
        SysResult sent = SendOutput(Libc.MSG_DONTWAIT);
        return sent.WouldBlock ? _sending.CallAsync() : new ValueTask<SysResult>(sent);
    }

    public override SysResult TrySend(in OutputBatch output)
    {
        // sendfile(2) has no MSG_DONTWAIT.
        if (output.Bytes.IsEmpty)
        {
            return new SysResult(-Errno.EAGAIN);
        }

        if (!_held.TryHold())
        {
            return SysResult.Canceled;
        }

        try
        {
            SysResult sent = OutputCalls.SendNext(_held.Number, output, _loop.Counters, Libc.MSG_DONTWAIT);
            if (!sent.IsError)
            {
                Interlocked.Add(ref _loop.Counters.BytesSentElsewhere.Value, sent.Value);
            }

            return sent;
        }
        finally
        {
            // The memory of the application's pool may throw when it is pinned.
            _held.Release();
        }
    }

    public override void Shutdown(bool reset)
    {
        _resets = reset;
        base.Shutdown(reset);
    }

    public override ValueTask CloseAsync()
    {
        Close();
        return ValueTask.CompletedTask;
    }

    public SysResult Ended(CallThread thread, SysResult result)
    {
        if (thread == _receiving && !result.IsError)
        {
            _loop.Counters.BytesReceived += result.Value;
        }

        if (!IsClosed)
        {
            return result;
        }

        DetachIfOver(except: thread);
        return SysResult.Canceled;
    }

    public void End()
    {
        Close();
        _receiving.Join();
        _sending.Join();
    }

    /// <summary>
    /// Makes the threads' calls return, and ends the threads. The last user closes the descriptor before it posts its result.
    /// </summary>
    private void Close()
    {
        if (IsClosed)
        {
            return;
        }

        _loop.AssertCurrent();
        Descriptor = -1;
        bool isSending = _sending.Dismiss();
        bool isReceiving = _receiving.Dismiss();
        if (_resets && (isSending || isReceiving) && !SocketCalls.Disconnect(_held.Number).IsError)
        {
            // RST is sent, and both calls return.
        }
        else if (isSending)
        {
            // AF_UNIX, which has no RST, or EBUSY. FIN is queued behind the unsent data, and RST, if selected, follows when the descriptor
            // is closed.
            SocketCalls.Shutdown(_held.Number);
        }
        else if (isReceiving)
        {
            SocketCalls.ShutdownReceive(_held.Number);
        }

        _held.Release();
        DetachIfOver();
    }

    private void DetachIfOver(CallThread? except = null)
    {
        if (IsClosed && (!_receiving.IsPending || except == _receiving) && (!_sending.IsPending || except == _sending))
        {
            _loop.Detach(this);
        }
    }

    /// <summary>The receiving thread: it alone uses the pipe until the result has been posted.</summary>
    private SysResult Receive()
    {
        SysResult received;
        if (_loop.WaitsForData)
        {
            Span<byte> peeked = stackalloc byte[1];
            do
            {
                received = SocketCalls.Receive(_held.Number, peeked, Libc.MSG_PEEK);
            }
            while (received.WouldBlock);

            if (received.Value <= 0)
            {
                return received;
            }
        }

        Memory<byte> buffer = _buffer.Rent(_input!);
        do
        {
            received = SocketCalls.Receive(_held.Number, buffer.Span);
        }
        while (received.WouldBlock);

        if (received.Value > 0)
        {
            _input!.Advance((int)received.Value);
            _buffer.Received(received.Value, buffer.Length);
        }

        return received;
    }

    /// <summary>The sending thread: it alone uses the memory until the result has been posted.</summary>
    private SysResult Send()
    {
        SysResult sent;
        do
        {
            sent = SendOutput(flags: 0);
        }
        while (sent.WouldBlock);
        return sent;
    }

    /// <summary>
    /// Sends until all is sent or the call would wait. sendfile(2) has no flag for that, so it is left to the sending thread.
    /// </summary>
    private SysResult SendOutput(int flags)
    {
        nint total = 0;
        while (true)
        {
            if (_output.Bytes.IsEmpty && (flags & Libc.MSG_DONTWAIT) != 0)
            {
                return new SysResult(-Errno.EAGAIN);
            }

            SysResult sent = OutputCalls.SendNext(_held.Number, _output, _loop.Counters, flags);
            if (sent.IsError)
            {
                return sent;
            }

            total += sent.Value;
            Interlocked.Add(ref _loop.Counters.BytesSentElsewhere.Value, sent.Value);
            _output = _output.After(sent.Value);
            if (_output.IsEmpty)
            {
                _output = default;
                return new SysResult(total);
            }
        }
    }
}
