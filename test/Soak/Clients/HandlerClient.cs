using Soak.Clients.Protocol;

namespace Soak.Clients;

/// <summary>Requests whose handlers wait or block, so that workers come and go.</summary>
internal sealed class HandlerClient(ClientContext context) : ConnectedClient(context)
{
    protected override async Task StepAsync(CancellationToken cancellation)
    {
        HttpConnection connection = await ConnectionAsync(cancellation);
        string path = Random.Next(2) == 0 ? "/block" : "/delay";
        await connection.SendAsync($"GET {path}?ms={Random.Next(1, 60)} HTTP/1.1\r\nHost: soak\r\n\r\n", cancellation);
        CollectedBody body = new CollectedBody();
        await connection.ReadBodyAsync(await connection.ReadHeadAsync(200, cancellation), body, cancellation);
        if (!body.ToArray().AsSpan().SequenceEqual("Hello, World!"u8))
        {
            throw new Measuring.WrongAnswerException("wrong byte", "Not the greeting.");
        }

        Tally.Add(13);
    }
}
