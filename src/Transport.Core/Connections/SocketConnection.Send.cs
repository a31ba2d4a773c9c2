using System.Buffers;
using System.IO.Pipelines;
using Transport.Core.Diagnostics;
using Transport.Core.Interop;

namespace Transport.Core.Connections;

/// <summary>From the output pipe to the socket.</summary>
internal sealed partial class SocketConnection
{
    private async Task SendOutputAsync()
    {
        PipeReader output = _output.Reader;
        Exception? shutdownReason = null;
        Exception? unexpected = null;
        try
        {
            while (true)
            {
                ReadResult result = await output.ReadAsync().ConfigureAwait(false);
                if (result.IsCanceled)
                {
                    // Abort has set the reason.
                    break;
                }

                ReadOnlySequence<byte> buffer = result.Buffer;
                if (!buffer.IsEmpty)
                {
                    SysResult sent = await _socket.SendAsync(buffer).ConfigureAwait(false);
                    if (sent.IsError)
                    {
                        shutdownReason = SendFailed(sent, out unexpected);
                        output.AdvanceTo(buffer.End);
                        break;
                    }
                }

                output.AdvanceTo(buffer.End);
                if (result.IsCompleted)
                {
                    break;
                }
            }
        }
        catch (Exception exception)
        {
            // The application completed its output with an exception: the peer is to see RST, not a clean end.
            shutdownReason = unexpected = exception;
            TransportLog.ConnectionError(_logger, ConnectionId, exception);
        }

        Shutdown(shutdownReason);
        output.Complete(unexpected);
        _input.Writer.CancelPendingFlush();
        EndDirection();
    }

    /// <summary>Why the connection ends; <paramref name="unexpected"/> is what the application's flush is to throw, which a reset is not.</summary>
    private Exception? SendFailed(SysResult sent, out Exception? unexpected)
    {
        unexpected = null;
        if (sent.Errno == Errno.ECANCELED && ShutdownReason is not null)
        {
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
