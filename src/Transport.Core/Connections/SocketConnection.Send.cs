using System.Buffers;
using System.IO.Pipelines;
using Transport.Core.Diagnostics;
using Transport.Core.Loops;
using Transport.Core.Scheduling;

namespace Transport.Core.Connections;

/// <summary>
/// From the output pipe to the socket. The send loop goes on where <see cref="SendScheduler"/> says, and ends on the event loop.
/// </summary>
internal sealed partial class SocketConnection
{
    /// <summary>Something was received, and nothing has been sent since. A hint: the loop sets it, whoever sends clears it.</summary>
    private bool _hasToAnswer;

    /// <summary>What is in the pipe has waited for what else there might be.</summary>
    private bool _isGathered;

    private async Task SendOutputAsync()
    {
        PipeReader output = _output.Reader;
        Exception? shutdownReason = null;
        Exception? unexpected = null;
        bool isReading = true;
        try
        {
            while (true)
            {
                isReading = true;
                ReadResult result = await output.ReadAsync().ConfigureAwait(false);
                isReading = false;
                ReadOnlySequence<byte> buffer = result.Buffer;
                bool isAborted = result.IsCanceled || ShutdownReason is not null;
                if (isAborted && (_reset || buffer.IsEmpty))
                {
                    // Abort has set the reason; without one, what was written before it is sent first.
                    break;
                }

                if (!isAborted && !result.IsCompleted && IsToBeGathered(buffer.Length) && _outputWriter.Ranges is not { IsEmpty: false })
                {
                    // Nothing is examined, so that the next read has all there is by then.
                    output.AdvanceTo(buffer.Start);
                    await new ThreadPoolSwitch();
                    continue;
                }

                SequencePosition end = buffer.End;
                if (!buffer.IsEmpty)
                {
                    OutputBatch batch = NextBatch(buffer, out end);
                    ValueTask<SysResult> sending = SendBatchAsync(batch);
                    if (!sending.IsCompleted)
                    {
                        Volatile.Write(ref _isSendPending, true);
                        LimitDrain();
                    }

                    SysResult sent = await sending.ConfigureAwait(false);
                    _isSendPending = false;
                    if (sent.IsError)
                    {
                        // Not within somebody's flush: what follows logs.
                        await _loop.SwitchAsync();
                        shutdownReason = SendFailed(sent, out unexpected);
                        output.AdvanceTo(buffer.End);
                        break;
                    }

                    if (batch.File is not null)
                    {
                        _outputWriter.Ranges!.Dequeue();
                    }
                }

                output.AdvanceTo(end);
                if ((result.IsCompleted || isAborted) && end.Equals(buffer.End))
                {
                    break;
                }
            }
        }
        catch (Exception exception)
        {
            // The application completed its output with an exception, or its memory pool threw: the peer is to see RST, not a clean end.
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
            // The memory pool, to which blocks are returned.
            TransportLog.UnexpectedError(_logger, ConnectionId, exception);
        }

        _outputWriter.Ranges?.End();
        _input.Writer.CancelPendingFlush();
        EndDirection();
    }

    /// <summary>
    /// Whether a flush from elsewhere is to wait for others. The first that answers what was received is not: most connections have one
    /// request under way. What follows it with nothing received in between is of a connection that answers many at once: with a send each
    /// HTTP/2 cost 2.4 times Kestrel Sockets' CPU, gathered 0.9 (8 connections of 16 streams). What is large gains nothing by waiting.
    /// </summary>
    private bool IsToBeGathered(long length)
    {
        bool gather = !_loop.IsCurrent && !_hasToAnswer && !_isGathered && length < OutputWriter.Bulk;
        _hasToAnswer = false;
        _isGathered = gather;
        return gather;
    }

    /// <summary>
    /// All of it: on the loop as its model does it, elsewhere at once as far as the kernel takes it, and what is left on the loop.
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
    /// Why the connection ends; <paramref name="unexpected"/> is what the application's flush is to throw, which a reset is not.
    /// </summary>
    private Exception? SendFailed(SysResult sent, out Exception? unexpected)
    {
        unexpected = null;
        if (ShutdownReason is not null)
        {
            // ECANCELED, or EPIPE of our own shutdown: no news of the peer's.
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
