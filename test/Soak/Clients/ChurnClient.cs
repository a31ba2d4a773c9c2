using System.Net;
using Soak.Clients.Protocol;

namespace Soak.Clients;

/// <summary>A connection a request: <c>Connection: close</c>, or the client closes with FIN or RST after the whole answer.</summary>
internal sealed class ChurnClient(ClientContext context) : Client(context)
{
    private const int SourceAddresses = 200;

    protected override async Task StepAsync(CancellationToken cancellation)
    {
        // Ports of one address are used up by TIME_WAIT within seconds; loopback has 16 million addresses.
        IPAddress from = new IPAddress([127, 0, 1, (byte)(1 + Random.Next(SourceAddresses))]);
        using HttpConnection connection =
            await HttpConnection.ConnectAsync(Context.Server.Http, tls: false, cancellation, from: from, bufferSize: 4096);
        int size = Random.Next(2000);
        int key = Random.Next(60_000);
        int ending = Random.Next(4);
        string close = ending < 2 ? "Connection: close\r\n" : "";
        await connection.SendAsync($"GET /bytes?n={size}&key={key} HTTP/1.1\r\nHost: soak\r\n{close}\r\n", cancellation);
        ResponseHead head = await connection.ReadHeadAsync(200, cancellation);
        await connection.ReadBodyAsync(head, new PatternCheck(key, size), cancellation);
        if (ending < 2)
        {
            await connection.ExpectEndAsync(cancellation);
        }
        else if (ending == 2)
        {
            connection.Reset();
        }

        Tally.Add(size);
    }

    protected override void Release()
    {
    }
}
