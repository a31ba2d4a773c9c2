using System.Buffers;
using System.IO.Pipelines;
using Transport.Core.Connections.Output;
using Transport.Core.Diagnostics;
using Transport.Core.Loops.Sockets;

namespace Transport.Core.Connections;

/// <summary>
/// Sending: from the output pipe to the socket. The send loop continues where <see cref="SendScheduler"/> decides, and ends on the loop.
/// </summary>
internal sealed partial class SocketConnection
{
    private async Task SendOutputAsync()
    {
        PipeReader output = _output.Reader;
        Exception? shutdownReason = null;
        Exception? unexpected = null;
        bool isReading = true;
        bool isAborted = false;
        bool isLast;
        try
        {
            while (true)
            {
                isReading = true;
                ReadResult result = await output.ReadAsync().ConfigureAwait(false);
                isReading = false;

                // Abort cancels the read after it has set the reason. Not by the reason: what was flushed between this read and an Abort
                // without one would be lost.
                isAborted |= result.IsCanceled;
                isLast = result.IsCompleted || isAborted;
                if (isAborted && (_reset || result.Buffer.IsEmpty))
                {
                    break;
                }

                SequencePosition end = result.Buffer.End;
                if (!result.Buffer.IsEmpty)
                {
                    // What the method keeps while it waits is kept for each idle connection: no batch and no buffer.
                    ValueTask<SysResult> sending = SendNextAsync(result.Buffer, out end, out bool hasFile);
                    isLast &= end.Equals(result.Buffer.End);
                    if (!sending.IsCompleted)
                    {
                        Volatile.Write(ref _isSendPending, true);
                        LimitDrain();
                    }

                    SysResult sent = await sending.ConfigureAwait(false);
                    _isSendPending = false;
                    if (sent.IsError)
                    {
                        // Not within the application's flush: what follows logs.
                        await _loop.SwitchAsync();
                        shutdownReason = SendFailed(sent, out unexpected);

                        // Without AdvanceTo, which would end a pending flush before Complete can tell it that the reader has ended: a model
                        // that closes asynchronously awaits in between.
                        break;
                    }

                    if (hasFile)
                    {
                        _outputWriter.Ranges!.Dequeue();
                    }
                }

                output.AdvanceTo(end);
                if (isLast)
                {
                    break;
                }
            }
        }
        catch (Exception exception)
        {
            // The application completed its output with an exception, or its memory pool threw: the peer gets RST, not FIN.
            shutdownReason = unexpected = exception;
            if (isReading)
            {
                TransportLog.ConnectionError(_logger, ConnectionId, exception);
            }
            else
            {
                TransportLog.UnexpectedError(_logger, ConnectionId, exception);
            }
        }

        await _loop.SwitchAsync();
        Shutdown(shutdownReason);
        if (_closing is { } closing)
        {
            await closing.ConfigureAwait(false);
        }

        try
        {
            output.Complete(unexpected);
        }
        catch (Exception exception)
        {
            // The memory pool, to which blocks are returned, is application code and may throw.
            TransportLog.UnexpectedError(_logger, ConnectionId, exception);
        }

        _outputWriter.Ranges?.End();
        _input.Writer.CancelPendingFlush();
        EndDirection();
    }

    /// <summary>Sends the beginning of the buffer, up to <paramref name="end"/>.</summary>
    private ValueTask<SysResult> SendNextAsync(in ReadOnlySequence<byte> buffer, out SequencePosition end, out bool hasFile)
    {
        OutputBatch batch = NextBatch(buffer, out end);
        hasFile = batch.File is not null;
        return SendBatchAsync(batch);
    }

    /// <summary>
    /// Sends all of it: on the loop as its model does; on another thread at once what the kernel takes, and the rest on the loop.
    /// </summary>
    private ValueTask<SysResult> SendAsync(OutputBatch output)
    {
        if (_loop.IsCurrent)
        {
            return _socket.SendAsync(output);
        }

        while (true)
        {
            SysResult sent = _socket.TrySend(output);
            if (sent.WouldBlock)
            {
                return SendOnLoopAsync(output);
            }

            if (sent.IsError)
            {
                return new ValueTask<SysResult>(sent);
            }

            output = output.After(sent.Value);
            if (output.IsEmpty)
            {
                return new ValueTask<SysResult>(sent);
            }
        }
    }

    private async ValueTask<SysResult> SendOnLoopAsync(OutputBatch output)
    {
        await _loop.SwitchAsync();
        return await _socket.SendAsync(output).ConfigureAwait(false);
    }

    /// <summary>
    /// Converts an error to the reason for closing; <paramref name="unexpected"/> is what the application's flush throws, except for a
    /// reset.
    /// </summary>
    private Exception? SendFailed(SysResult sent, out Exception? unexpected)
    {
        unexpected = null;
        if (IsShutDown)
        {
            // ECANCELED, or EPIPE after this side's shutdown: not caused by the peer.
            return null;
        }

        Exception error = ConnectionErrors.ToException(sent);
        if (ConnectionErrors.IsReset(sent))
        {
            TransportLog.ConnectionReset(_logger, ConnectionId);
        }
        else
        {
            unexpected = error;
            TransportLog.ConnectionError(_logger, ConnectionId, error);
        }

        return error;
    }
}
