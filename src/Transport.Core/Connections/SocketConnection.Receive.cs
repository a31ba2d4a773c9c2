using System.IO.Pipelines;
using Microsoft.AspNetCore.Connections;
using Transport.Core.Diagnostics;

namespace Transport.Core.Connections;

/// <summary>Receiving: from the socket to the input pipe.</summary>
internal sealed partial class SocketConnection
{
    /// <summary>Ends the wait for the handler's response after FIN.</summary>
    private TaskCompletionSource? _answerGrace;

    private async Task ReceiveInputAsync()
    {
        PipeWriter input = _input.Writer;
        Exception? error = null;
        try
        {
            while (true)
            {
                SysResult received = await _socket.ReceiveAsync(input).ConfigureAwait(false);
                if (received.Value <= 0)
                {
                    error = EndOfInput(received);
                    break;
                }

                ValueTask<FlushResult> flush = input.FlushAsync();
                FlushResult result = flush.IsCompleted ? flush.Result : await PauseUntilAsync(flush).ConfigureAwait(false);
                if (result.IsCompleted || result.IsCanceled)
                {
                    // The application has completed the reader.
                    break;
                }
            }
        }
        catch (Exception exception)
        {
            error = exception;
            Fail(exception);
        }

        // If the connection has been shut down for a reason, the reader gets that reason.
        error = IsShutDown ? ReasonForReader() : error;
        try
        {
            input.Complete(error);
        }
        catch (Exception exception)
        {
            // The memory pool, to which blocks are returned, is application code and may throw.
            TransportLog.UnexpectedError(_logger, ConnectionId, exception);
        }

        EndDirection();
        if (error is null)
        {
            await WaitForAnswerAsync().ConfigureAwait(false);
        }

        // A wait for the answer has ended on the thread pool; everything else runs on the loop.
        if (!Thread.CurrentThread.IsThreadPoolThread)
        {
            await Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
        }

        FireConnectionClosed();
    }

    /// <summary>Null if nobody can read any more: an exception that nobody sees is not made.</summary>
    private Exception? ReasonForReader() =>
        _shutdownReason ?? (Volatile.Read(ref _disposed) ? null : new ConnectionAbortedException(ShutdownMessage));

    /// <summary>
    /// Pauses reading until the application has read enough. The socket is not read meanwhile, so TCP flow control slows the peer down; FIN
    /// and RST are not seen either.
    /// </summary>
    private async ValueTask<FlushResult> PauseUntilAsync(ValueTask<FlushResult> flush)
    {
        _loop.Counters.PausedConnections++;
        TransportLog.ConnectionPause(_logger, ConnectionId);
        FlushResult result = await flush.ConfigureAwait(false);
        TransportLog.ConnectionResume(_logger, ConnectionId);
        _loop.Counters.PausedConnections--;
        return result;
    }

    /// <summary>
    /// Handles FIN. The client has either left or only closed its sending direction; TCP does not distinguish the two. Kestrel treats <see
    /// cref="ConnectionClosed"/> as the former and drops what the handler writes afterwards. The handler therefore has <see
    /// cref="TransportOptions.AnswerGrace"/> to write its response. An application that reads sees the end at once.
    /// </summary>
    private async Task WaitForAnswerAsync()
    {
        if (Volatile.Read(ref _disposed) || IsShutDown)
        {
            return;
        }

        TaskCompletionSource grace = new(TaskCreationOptions.RunContinuationsAsynchronously);
        Interlocked.Exchange(ref _answerGrace, grace);
        if (!Volatile.Read(ref _disposed) && !IsShutDown)
        {
            await grace.Task.WaitAsync(_answerGraceTime).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    /// <summary>The connection ends: no response is awaited any more.</summary>
    private void EndAnswerGrace() => Volatile.Read(ref _answerGrace)?.TrySetResult();

    /// <summary>Completes the reader: without an exception for FIN, otherwise with the error.</summary>
    private Exception? EndOfInput(SysResult received)
    {
        if (IsShutDown)
        {
            return null;
        }

        if (!received.IsError)
        {
            TransportLog.ConnectionReadFin(_logger, ConnectionId);
            return null;
        }

        Exception error = ConnectionErrors.ToException(received);
        if (ConnectionErrors.IsReset(received))
        {
            TransportLog.ConnectionReset(_logger, ConnectionId);
        }
        else
        {
            TransportLog.ConnectionError(_logger, ConnectionId, error);
        }

        return error;
    }
}
