using System.IO.Pipelines;
using Shared.Interop;
using Transport.Core.Interop;
using Transport.Core.Interop.Sockets;
using Transport.Core.Loops.Sockets;

namespace Test.Shared.Completion;

/// <summary>A connected socket of a <see cref="CompletionLoop"/>. It is closed when its last operation has ended.</summary>
internal sealed class CompletionConnection(CompletionLoop loop, int descriptor) : LoopConnection(descriptor), ICompletionSocket
{
    private readonly int _descriptor = descriptor;
    private DescriptorUse _elsewhere;
    private readonly RingOperation _receive = new(loop.Operations, descriptor, Libc.POLLIN);
    private readonly RingOperation _send = new(loop.Operations, descriptor, Libc.POLLOUT);
    private readonly TaskCompletionSource _closed = new();
    private ReceiveBuffer _buffer = new(loop.MaximumBuffer);

    private bool IsClosed => Descriptor < 0;

    public override async ValueTask<SysResult> ReceiveAsync(PipeWriter input)
    {
        loop.AssertCurrent();
        if (IsClosed)
        {
            return SysResult.Canceled;
        }

        // Without memory until there is something to receive: an idle connection holds none.
        await _receive.SubmitAsync(call: null).ConfigureAwait(false);
        if (IsClosed)
        {
            return Ended();
        }

        Memory<byte> buffer = _buffer.Rent(input);
        SysResult received = await _receive.SubmitAsync(() => SocketCalls.Receive(_descriptor, buffer.Span)).ConfigureAwait(false);
        if (IsClosed)
        {
            return Ended();
        }

        if (received.Value > 0)
        {
            input.Advance((int)received.Value);
            loop.Counters.BytesReceived += received.Value;
            _buffer.Received(received.Value, buffer.Length);
        }

        return received;
    }

    public override ValueTask<SysResult> SendAsync(in OutputBatch output)
    {
        loop.AssertCurrent();
        return IsClosed ? new ValueTask<SysResult>(SysResult.Canceled) : SendAllAsync(output);
    }

    public override SysResult TrySend(in OutputBatch output)
    {
        if (IsClosed || !_elsewhere.TryBegin())
        {
            return SysResult.Canceled;
        }

        try
        {
            SysResult sent = OutputCalls.SendNext(_descriptor, output, loop.Counters);
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
                SocketCalls.Close(_descriptor);
            }
        }
    }

    public override ValueTask CloseAsync()
    {
        Close();
        return new ValueTask(_closed.Task);
    }

    public void Close()
    {
        if (IsClosed)
        {
            return;
        }

        loop.AssertCurrent();
        Descriptor = -1;

        _receive.Cancel();
        _send.Cancel();
        EndCloseIfIdle();
    }

    private async ValueTask<SysResult> SendAllAsync(OutputBatch output)
    {
        nint total = 0;
        while (true)
        {
            OutputBatch rest = output;
            SysResult sent = await _send.SubmitAsync(() => OutputCalls.SendNext(_descriptor, rest, loop.Counters)).ConfigureAwait(false);
            if (IsClosed)
            {
                return Ended();
            }

            if (sent.IsError)
            {
                return sent;
            }

            total += sent.Value;
            loop.Counters.BytesSent += sent.Value;
            output = rest.After(sent.Value);
            if (output.IsEmpty)
            {
                return new SysResult(total);
            }
        }
    }

    /// <summary>An operation of a closed connection has ended, whatever it says.</summary>
    private SysResult Ended()
    {
        EndCloseIfIdle();
        return SysResult.Canceled;
    }

    private void EndCloseIfIdle()
    {
        if (!_receive.IsPending && !_send.IsPending && !_closed.Task.IsCompleted)
        {
            if (_elsewhere.Close())
            {
                SocketCalls.Close(_descriptor);
            }

            loop.Detach(this);
            _closed.SetResult();
        }
    }
}
