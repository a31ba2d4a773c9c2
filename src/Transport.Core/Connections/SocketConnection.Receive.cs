using System.IO.Pipelines;
using Transport.Core.Diagnostics;

namespace Transport.Core.Connections;

/// <summary>From the socket to the input pipe.</summary>
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

                _hasToAnswer = true;
                ValueTask<FlushResult> flush = input.FlushAsync();
                FlushResult result = flush.IsCompleted ? flush.Result : await PauseUntilAsync(flush).ConfigureAwait(false);
                if (result.IsCompleted || result.IsCanceled)
                {
                    // Nobody reads any more.
                    break;
                }
            }
        }
        catch (Exception exception)
        {
            error = exception;
            Fail(exception);
        }

        // Once the connection has been shut down for a reason, that reason is what the reader is to learn.
        error = ShutdownReason ?? error;
        try
        {
            input.Complete(error);
        }
        catch (Exception exception)
        {
            // The memory pool, to which blocks are returned.
            TransportLog.UnexpectedError(_logger, ConnectionId, exception);
        }

        EndDirection();
        if (error is null)
        {
            await WaitForAnswerAsync().ConfigureAwait(false);
        }

        await FireConnectionClosedAsync().ConfigureAwait(false);
    }

    /// <summary>
    /// The application is behind. Until it has caught up nothing is asked of the socket, so that TCP tells the peer; FIN and RST wait too.
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
    /// FIN has come. The client has either left or only ended its own direction, which TCP
    /// does not tell apart. Kestrel takes <see cref="ConnectionClosed"/> for the former and drops what the handler writes from then on, so
    /// the handler has <see cref="TransportOptions.AnswerGrace"/> to write its response. An application that reads on finds the end at once.
    /// </summary>
    private async Task WaitForAnswerAsync()
    {
        TaskCompletionSource grace = new(TaskCreationOptions.RunContinuationsAsynchronously);
        Interlocked.Exchange(ref _answerGrace, grace);
        if (!Volatile.Read(ref _disposed) && ShutdownReason is null)
        {
            await grace.Task.WaitAsync(_answerGraceTime).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    /// <summary>The connection ends: nothing is left to wait for.</summary>
    private void EndAnswerGrace() => Volatile.Read(ref _answerGrace)?.TrySetResult();

    /// <summary>What the reader learns of FIN (nothing but the end) or of an error.</summary>
    private Exception? EndOfInput(SysResult received)
    {
        if (ShutdownReason is not null)
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
