using System.Buffers;
using System.IO.Pipelines;
using Transport.Core.Interop;
using Transport.Core.Readiness;

namespace Transport.Blocking;

/// <summary>A connected socket, and a thread in each direction that needs one.</summary>
/// <remarks>
/// What the kernel does to us, and what we do about it (4.2BSD; nothing here is Linux' own):
/// <list type="bullet">
/// <item>a) recv(2) waits for as long as the peer likes, so a connection has a thread from its first receive to its end, and a request
/// costs two switches to it and back.</item>
/// <item>b) close(2) does not end a recv that another thread is in; shutdown(2) does. For reading alone, it tells the peer nothing, so RST
/// stays possible.</item>
/// <item>c) A thread is in the call with the number, so the number must not be free before it is out: the last to let go closes.</item>
/// <item>d) The buffer has to be there before anything has come. recv with MSG_PEEK waits on a byte of the stack instead (option).</item>
/// <item>e) Most answers fit in the socket's buffer: they are sent by the loop, with MSG_DONTWAIT. What does not fit is a second thread's,
/// which waits.</item>
/// <item>f) accept4 made the socket non-blocking, for everybody else's sake: that is undone here, once.</item>
/// </list>
/// </remarks>
internal sealed class BlockingConnection : BlockingSocket
{
    /// <summary>At least half a block of Kestrel's: less is not worth a system call.</summary>
    public const int MinimumBuffer = 2048;

    /// <summary>The most that a bulk receive asks for at once, when what it asked for before was filled.</summary>
    public const int MaximumBuffer = 64 * 1024;

    private readonly CallThread _receiving;
    private readonly CallThread _sending;
    private readonly int _descriptor;
    private PipeWriter? _input;
    private ReadOnlySequence<byte> _output;
    private int _buffer = MinimumBuffer;

    /// <exception cref="IOException">The descriptor cannot be made to block.</exception>
    public BlockingConnection(BlockingLoop loop, int descriptor)
        : base(loop, descriptor)
    {
        SysResult blocking = SocketCalls.SetBlocking(descriptor);
        if (blocking.IsError)
        {
            loop.Budget.GiveBack();
            throw blocking.ToException("fcntl(F_SETFL)");
        }

        _descriptor = descriptor;
        _receiving = new CallThread(this, loop, $"recv {descriptor}, {loop.Name}", Receive);
        _sending = new CallThread(this, loop, $"send {descriptor}, {loop.Name}", Send);
    }

    /// <exception cref="InvalidOperationException">Always: it is connected.</exception>
    public override ValueTask<SysResult> AcceptAsync(PeerAddress peer) => throw new InvalidOperationException("A connected socket accepts nothing.");

    public override ValueTask<SysResult> ReceiveAsync(PipeWriter input)
    {
        Loop.AssertCurrent();
        if (IsClosed)
        {
            return new ValueTask<SysResult>(Canceled);
        }

        _input = input;
        return _receiving.CallAsync();
    }

    public override ValueTask<SysResult> SendAsync(ReadOnlySequence<byte> output)
    {
        Loop.AssertCurrent();
        if (IsClosed)
        {
            return new ValueTask<SysResult>(Canceled);
        }

        _output = output;
        SysResult sent = SendOutput(Libc.MSG_DONTWAIT);
        return sent.WouldBlock ? _sending.CallAsync() : new ValueTask<SysResult>(sent);
    }

    protected override void EndCalls(int descriptor)
    {
        if (_sending.IsPending)
        {
            // Only shutting both ways ends a send. FIN queues behind what could not be sent, and RST, if it is to be that, overtakes it.
            SocketCalls.Shutdown(descriptor);
        }
        else if (_receiving.IsPending)
        {
            SocketCalls.ShutdownReceive(descriptor);
        }

        _receiving.Dismiss();
        _sending.Dismiss();
    }

    protected override bool IsIdle(CallThread? except) =>
        (!_receiving.IsPending || except == _receiving) && (!_sending.IsPending || except == _sending);

    protected override void Account(CallThread thread, SysResult result, bool isDiscarded)
    {
        if (thread == _receiving && !result.IsError)
        {
            Loop.Counters.BytesReceived += result.Value;
        }
    }

    protected override void Join()
    {
        _receiving.Join();
        _sending.Join();
    }

    protected override void Released() => Loop.Budget.GiveBack();

    /// <summary>The receiving thread: the pipe is its own until the result has been posted.</summary>
    private SysResult Receive()
    {
        SysResult received;
        if (Loop.WaitsForData)
        {
            Span<byte> peeked = stackalloc byte[1];
            do
            {
                received = SocketCalls.Receive(_descriptor, peeked, Libc.MSG_PEEK);
            }
            while (received.WouldBlock);

            if (received.Value <= 0)
            {
                return received;
            }
        }

        Memory<byte> buffer = _input!.GetMemory(_buffer);
        do
        {
            received = SocketCalls.Receive(_descriptor, buffer.Span);
        }
        while (received.WouldBlock);

        if (received.Value > 0)
        {
            _input.Advance((int)received.Value);
            _buffer = received.Value == buffer.Length ? Math.Min(_buffer * 2, Loop.MaximumBuffer) : MinimumBuffer;
        }

        else if (received.Value == 0 && buffer.IsEmpty)
        {
            throw ReadinessSocket.EmptyBlock();
        }

        return received;
    }

    /// <summary>The sending thread: the memory is its own until the result has been posted.</summary>
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

    /// <summary>Sends until all is gone, or until the call says that it would have to wait.</summary>
    private SysResult SendOutput(int flags)
    {
        nint total = 0;
        while (true)
        {
            SysResult sent = SocketCalls.Send(_descriptor, _output, flags);
            if (sent.IsError)
            {
                return sent;
            }

            total += sent.Value;
            Interlocked.Add(ref Loop.Counters.BytesSentElsewhere.Value, sent.Value);
            if (sent.Value == _output.Length)
            {
                _output = default;
                return new SysResult(total);
            }

            _output = _output.Slice(sent.Value);
        }
    }
}
