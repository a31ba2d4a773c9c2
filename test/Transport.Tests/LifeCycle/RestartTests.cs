using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Shared.Interop;
using Transport.Core.Interop.Sockets;
using Transport.Tests.Hostile;

namespace Transport.Tests.LifeCycle;

/// <summary>
/// A restart on a listening socket that outlives the process, as systemd holds it: no request fails. Not on rtsig, where the signals of a
/// listening socket go to one process, nor on blocking, whose accept thread resets a client that it accepts while it is stopped.
/// </summary>
public class RestartTests
{
    private const int DescriptorLimit = 4096;
    private const int Restarts = 3;
    private static readonly byte[] Request = "GET / HTTP/1.1\r\nHost: test\r\nConnection: close\r\n\r\n"u8.ToArray();

    private static readonly int s_requests = RestartClients.Requests(1000);

    [Theory, Transports(Model = "epoll"), Transports(Model = "poll"), Transports(Model = "select"), Transports(Model = "busy")]
    public async Task No_request_fails_while_processes_take_turns_on_a_listening_socket(TransportUnderTest transport)
    {
        using Socket listening = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        listening.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        listening.Listen(512);
        EndPoint endPoint = listening.LocalEndPoint!;
        int inherited = (int)SysResult.From(Fcntl.fcntl((int)listening.Handle, FDupFd, 200)).ThrowIfError("fcntl(F_DUPFD)");
        try
        {
            string[] arguments = [string.Create(CultureInfo.InvariantCulture, $"descriptor={inherited}"), "drain=30"];
            HostProcess serving = await HostProcess.StartAsync(transport, DescriptorLimit, arguments);
            try
            {
                await using RestartClients clients = RestartClients.Start(() => AskAsync(endPoint));
                for (int i = 1; i <= Restarts; i++)
                {
                    await clients.ServedAsync(s_requests * i / (Restarts + 1));
                    HostProcess next = await HostProcess.StartAsync(transport, DescriptorLimit, arguments);
                    Assert.Equal(0, await serving.StopAsync());
                    await serving.DisposeAsync();
                    serving = next;
                }

                await clients.ServedAsync(s_requests);
            }
            finally
            {
                await serving.DisposeAsync();
            }
        }
        finally
        {
            SocketCalls.Close(inherited);
        }
    }

    [Theory, Transports(NotOnSockets = "it has no such option")]
    public async Task A_drain_answers_a_first_request_and_refuses_new_clients(TransportUnderTest transport)
    {
        WebServer server = await WebServer.StartAsync(
            transport, TestApp.HelloAsync, new TransportSettings { Ours = options => options.DrainTime = Deadline.Default });
        using RawClient client = await server.ConnectAsync();
        await Deadline.Until(() => server.Logs.Entries.Any(entry => entry.Id.Id == 39), () => "Kestrel has not accepted the connection.");
        Task stopping = server.StopAsync();
        await Deadline.Until(() => IsRefused(server.EndPoint), () => "The listening socket is still open.");
        Assert.False(stopping.IsCompleted);
        await client.SendAsync("POST / HTTP/1.1\r\nHost: test\r\nContent-Length: 4\r\n\r\nbody");
        HttpReply reply = await new HttpReplyReader(client).ReadAsync();
        Assert.Equal(200, reply.Status);

        // The server ends the connection with the response, so the drain is over without the client's doing.
        Assert.Equal("close", reply.Headers["Connection"]);
        Assert.Empty(await client.ReceiveToEndAsync());
        await stopping;
        await server.DisposeAsync();
    }

    /// <summary>GOAWAY: the client opens another connection by itself, and the drain is over without its doing.</summary>
    [Theory, Transports(NotOnSockets = "it has no such option")]
    public async Task A_drain_ends_an_HTTP_2_connection_with_its_next_response(TransportUnderTest transport)
    {
        WebServer server = await WebServer.StartAsync(
            transport,
            TestApp.HelloAsync,
            new TransportSettings { Ours = options => options.DrainTime = Deadline.Default },
            listen: options => options.Listen(IPAddress.Loopback, 0, endPoint => endPoint.Protocols = HttpProtocols.Http2));
        using HttpClient client = new()
        {
            BaseAddress = server.Address,
            DefaultRequestVersion = HttpVersion.Version20,
            DefaultVersionPolicy = HttpVersionPolicy.RequestVersionExact,
        };
        Assert.Equal("Hello, World!", await client.GetStringAsync("/").WithinDeadline());
        IPEndPoint endPoint = server.EndPoint;
        Task stopping = server.StopAsync();
        await Deadline.Until(() => IsRefused(endPoint), () => "The listening socket is still open.");
        Assert.False(stopping.IsCompleted);
        Assert.Equal("Hello, World!", await client.GetStringAsync("/").WithinDeadline());
        await stopping;
        await server.DisposeAsync();
    }

    /// <summary>F_DUPFD: unlike F_DUPFD_CLOEXEC, a child inherits the duplicate.</summary>
    private const int FDupFd = 0;

    private static async Task<int> AskAsync(EndPoint endPoint)
    {
        using RawClient client = await RawClient.ConnectAsync(endPoint);
        await client.SendAsync(Request);
        string reply = Encoding.Latin1.GetString(await client.ReceiveToEndAsync());
        Assert.StartsWith("HTTP/1.1 200", reply, StringComparison.Ordinal);
        Assert.EndsWith("Hello, World!", reply, StringComparison.Ordinal);
        return 1;
    }

    private static bool IsRefused(IPEndPoint endPoint)
    {
        using Socket socket = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            socket.Connect(endPoint);
            return false;
        }
        catch (SocketException)
        {
            return true;
        }
    }
}
