using System.Buffers;
using System.IO.Pipelines;
using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.Logging;

namespace Transport.Core.ProxyProtocol;

/// <summary>Reads the header before anything else of the connection, and sets the connection's addresses.</summary>
internal sealed class ProxyProtocolMiddleware(ConnectionDelegate next, ProxyProtocolOptions options, ILogger logger)
{
    public async Task OnConnectionAsync(ConnectionContext connection)
    {
        if (!options.Trusts(connection.RemoteEndPoint))
        {
            if (options.AllowDirectConnections)
            {
                await next(connection);
                return;
            }

            Refuse(connection, "the peer is not in a trusted network");
            return;
        }

        ProxyHeader? header;
        try
        {
            header = await ReadAsync(connection);
        }
        catch (InvalidDataException malformed)
        {
            Refuse(connection, malformed.Message);
            return;
        }
        catch (OperationCanceledException)
        {
            Refuse(connection, $"the header was not complete within {options.HeaderTimeout}");
            return;
        }
        catch (IOException ended)
        {
            ProxyProtocolLog.Ended(logger, connection.ConnectionId, ended.Message);
            return;
        }

        if (header is null)
        {
            ProxyProtocolLog.Ended(logger, connection.ConnectionId, "FIN");
            return;
        }

        connection.Features.Set<IProxyProtocolFeature>(
            new ProxyProtocolFeature(header, connection.RemoteEndPoint, connection.LocalEndPoint));
        if (header.Source is not null)
        {
            connection.RemoteEndPoint = header.Source;
            connection.LocalEndPoint = header.Destination;
        }

        await next(connection);
    }

    /// <returns>Null if the peer closed the connection before the header was complete.</returns>
    /// <exception cref="InvalidDataException">The bytes are not a header.</exception>
    /// <exception cref="OperationCanceledException">The time limit has expired.</exception>
    /// <exception cref="IOException">The connection failed.</exception>
    private async ValueTask<ProxyHeader?> ReadAsync(ConnectionContext connection)
    {
        using CancellationTokenSource timeout = new(options.HeaderTimeout);
        PipeReader input = connection.Transport.Input;
        while (true)
        {
            ReadResult read = await input.ReadAsync(timeout.Token);
            ReadOnlySequence<byte> buffer = read.Buffer;
            SequencePosition consumed = buffer.Start;
            SequencePosition examined = buffer.End;
            try
            {
                if (ProxyHeaderParser.TryParse(buffer, out ProxyHeader? header, out int length))
                {
                    // The bytes after the header are not marked as examined: the next reader gets them at once.
                    consumed = examined = buffer.GetPosition(length);
                    return header;
                }

                if (read.IsCompleted || read.IsCanceled)
                {
                    return null;
                }
            }
            finally
            {
                input.AdvanceTo(consumed, examined);
            }
        }
    }

    private void Refuse(ConnectionContext connection, string reason)
    {
        ProxyProtocolLog.Refused(logger, connection.ConnectionId, connection.RemoteEndPoint, reason);
        connection.Abort(new ConnectionAbortedException($"PROXY protocol: {reason}."));
    }
}
