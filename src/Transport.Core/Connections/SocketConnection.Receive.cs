using System.IO.Pipelines;
using Transport.Core.Diagnostics;
using Transport.Core.Interop;

namespace Transport.Core.Connections;

/// <summary>From the socket to the input pipe.</summary>
internal sealed partial class SocketConnection
{
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
            TransportLog.UnexpectedError(_logger, ConnectionId, exception);
        }

        // Once the connection has been shut down for a reason, that reason is what the reader is to learn.
        input.Complete(ShutdownReason ?? error);
        EndDirection();
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
