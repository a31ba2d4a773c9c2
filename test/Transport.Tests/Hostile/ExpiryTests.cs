using System.Globalization;
using System.Text;

namespace Transport.Tests.Hostile;

/// <summary>Idle connections that end all at once. <c>soak expiry</c> does so with 19,000, and measures what others notice of it.</summary>
[Trait("Category", "Hostile")]
public class ExpiryTests
{
    private const int Clients = 500;
    private const string KeepAliveSeconds = "5";

    /// <summary>
    /// Kestrel itself allocates about 700 bytes where a connection expires; one exception that is thrown would take several thousand.
    /// </summary>
    private const long MostBytesEach = 2500;

    /// <remarks>Busy allocates while it polls, connections or not.</remarks>
    [Theory, Transports]
    public async Task Connections_that_expire_at_once_allocate_little(TransportUnderTest transport)
    {
        Assert.SkipWhen(transport.Model == "busy", "it allocates while it polls, for no connection");
        await using HostProcess host = await HostProcess.StartAsync(transport, 4096, "keep-alive=" + KeepAliveSeconds);
        long each = await ExpireAsync(host) / Clients;
        Assert.True(each <= MostBytesEach, $"{each} bytes a connection");
        Assert.Equal(0, await host.StopAsync());
    }

    /// <returns>Bytes that were allocated from the last request of the clients to the end of the last connection.</returns>
    private static async Task<long> ExpireAsync(HostProcess host)
    {
        List<RawClient> clients = [];
        try
        {
            for (int i = 0; i < Clients; i++)
            {
                RawClient client = await RawClient.ConnectAsync(host.EndPoint);
                clients.Add(client);
                Assert.Equal(200, (await client.GetAsync("/")).Status);
            }

            long before = await AllocatedAsync(host);
            await Task.WhenAll(clients.Select(client => client.ReceiveToEndAsync())).WithinDeadline();
            return await AllocatedAsync(host) - before;
        }
        finally
        {
            clients.ForEach(client => client.Dispose());
        }
    }

    private static async Task<long> AllocatedAsync(HostProcess host)
    {
        using RawClient client = await RawClient.ConnectAsync(host.EndPoint);
        return long.Parse(Encoding.ASCII.GetString((await client.GetAsync("/allocated")).Body), CultureInfo.InvariantCulture);
    }
}
