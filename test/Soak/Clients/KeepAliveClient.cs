using Soak.Clients.Protocol;

namespace Soak.Clients;

/// <summary>One request after another on one connection.</summary>
internal sealed class KeepAliveClient(ClientContext context, bool tls) : ConnectedClient(context, tls)
{
    protected override async Task StepAsync(CancellationToken cancellation)
    {
        HttpConnection connection = await ConnectionAsync(cancellation);
        int requests = Random.Next(1, 200);
        for (int i = 0; i < requests; i++)
        {
            await GetBytesAsync(connection, Size(), cancellation);
        }

        if (Random.Next(10) == 0)
        {
            Release();
        }
    }
}
