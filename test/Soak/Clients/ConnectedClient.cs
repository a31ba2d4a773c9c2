using Soak.Clients.Protocol;

namespace Soak.Clients;

/// <summary>A client with one connection of HTTP/1.1, opened when it is needed.</summary>
internal abstract class ConnectedClient(ClientContext context, bool tls = false) : Client(context)
{
    private HttpConnection? _connection;

    /// <summary>The open connection, or a new one.</summary>
    protected async Task<HttpConnection> ConnectionAsync(CancellationToken cancellation, int receiveBuffer = 0)
        => _connection ??= await HttpConnection.ConnectAsync(tls ? Context.Server.Https : Context.Server.Http, tls, cancellation,
            receiveBuffer);

    /// <summary>GET of so many bytes of the pattern.</summary>
    protected async Task GetBytesAsync(HttpConnection connection, int size, CancellationToken cancellation, string more = "")
    {
        int key = Random.Next(60_000);
        string chunked = Random.Next(4) == 0 ? "&chunked=1" : "";
        await connection.SendAsync($"GET /bytes?n={size}&key={key}{chunked} HTTP/1.1\r\nHost: soak\r\n{more}\r\n", cancellation);
        ResponseHead head = await connection.ReadHeadAsync(200, cancellation);
        await connection.ReadBodyAsync(head, new PatternCheck(key, size), cancellation);
        Tally.Add(size);
    }

    protected override void Release()
    {
        _connection?.Dispose();
        _connection = null;
    }

    /// <summary>Closes with RST.</summary>
    protected void Reset()
    {
        _connection?.Reset();
        _connection = null;
    }
}
