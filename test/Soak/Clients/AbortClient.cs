using Soak.Clients.Protocol;

namespace Soak.Clients;

/// <summary>Leaves at every point of an exchange where a client can leave, by FIN or RST.</summary>
internal sealed class AbortClient(ClientContext context) : Client(context)
{
    protected override async Task StepAsync(CancellationToken cancellation)
    {
        bool tls = Random.Next(5) == 0;
        using HttpConnection connection =
            await HttpConnection.ConnectAsync(tls ? Context.Server.Https : Context.Server.Http, tls, cancellation,
            receiveBuffer: Random.Next(2) == 0 ? 4096 : 0);
        switch (Random.Next(8))
        {
            case 0:   // says nothing
                break;
            case 1:   // in the middle of the header fields
                await connection.SendAsync("GET /bytes?n=100 HTTP/1.1\r\nHost: so", cancellation);
                break;
            case 2:   // in the middle of a request body
                await connection.SendAsync("POST /echo HTTP/1.1\r\nHost: soak\r\nContent-Length: 99999\r\n\r\n"
                    + new string('x', Random.Next(9000)), cancellation);
                break;
            case 3:   // in the middle of a response
                await connection.SendAsync("GET /bytes?n=5000000 HTTP/1.1\r\nHost: soak\r\n\r\n", cancellation);
                await connection.ReadSomeAsync(Random.Next(1, 16_000), cancellation);
                break;
            case 4:   // in the middle of a file
                await connection.SendAsync($"GET {Context.Files.Largest.Path} HTTP/1.1\r\nHost: soak\r\n\r\n", cancellation);
                await connection.ReadSomeAsync(Random.Next(1, 16_000), cancellation);
                break;
            case 5:   // while the handler waits
                await connection.SendAsync("GET /delay?ms=300 HTTP/1.1\r\nHost: soak\r\n\r\n", cancellation);
                break;
            case 6:   // with unread pipelined answers
                await connection.SendAsync(string.Concat(Enumerable.Repeat("GET /bytes?n=20000 HTTP/1.1\r\nHost: soak\r\n\r\n", 20)),
                    cancellation);
                break;
            case 7 when !tls:
                await HalfCloseAsync(connection, cancellation);
                return;
        }

        if (Random.Next(2) == 0)
        {
            connection.Reset();
        }

        Tally.AddAbort();
    }

    protected override void Release()
    {
    }

    /// <summary>
    /// FIN after the request: what the application has written must still come whole. Kestrel discards what it writes later.
    /// </summary>
    private async Task HalfCloseAsync(HttpConnection connection, CancellationToken cancellation)
    {
        int size = Random.Next(500_000);
        await connection.SendAsync($"GET /once?n={size} HTTP/1.1\r\nHost: soak\r\n\r\n", cancellation);
        ResponseHead head = await connection.ReadHeadAsync(200, cancellation);
        connection.ShutdownSend();
        await connection.ReadBodyAsync(head, new PatternCheck(0, size), cancellation);
        await connection.ExpectEndAsync(cancellation);
        Tally.Add(size);
    }
}
