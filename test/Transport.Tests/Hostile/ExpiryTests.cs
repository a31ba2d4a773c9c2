using System.Globalization;
using System.Net.Sockets;
using System.Text;

namespace Transport.Tests.Hostile;

/// <summary>Idle connections that end all at once. <c>soak expiry</c> does so with 19,000, and measures what others notice of it.</summary>
[Trait("Category", "Hostile")]
public class ExpiryTests
{
    private const int Clients = 500;

    /// <summary>In seconds. The longer one is for a machine so busy that a client's time is up before the last one has connected.</summary>
    private static readonly int[] s_keepAlive = [2, 15];

    /// <summary>
    /// Kestrel itself allocates about 700 bytes where a connection expires; one exception that is thrown would take several thousand.
    /// </summary>
    private const long MostBytesEach = 2500;

    /// <remarks>Busy allocates while it polls, connections or not.</remarks>
    [Theory, Transports]
    public async Task Connections_that_expire_at_once_allocate_little(TransportUnderTest transport)
    {
        Assert.SkipWhen(transport.Model == "busy", "it allocates while it polls, for no connection");
        long? allocated = null;
        foreach (int seconds in s_keepAlive)
        {
            await using HostProcess host = await HostProcess.StartAsync(
                transport, 4096, string.Create(CultureInfo.InvariantCulture, $"keep-alive={seconds}"));
            allocated = await ExpireAsync(host);
            Assert.Equal(0, await host.StopAsync());
            if (allocated is not null)
            {
                break;
            }
        }

        Assert.True(allocated is not null, "Connections expired before the last client had connected.");
        Assert.True(allocated / Clients <= MostBytesEach, $"{allocated / Clients} bytes a connection");
    }

    /// <returns>
    /// Bytes that were allocated from the last request of the clients to the end of the last connection; null if one of them ended before
    /// the count began.
    /// </returns>
    private static async Task<long?> ExpireAsync(HostProcess host)
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
            if (clients.Any(client => client.Socket.Poll(0, SelectMode.SelectRead)))
            {
                return null;
            }

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
