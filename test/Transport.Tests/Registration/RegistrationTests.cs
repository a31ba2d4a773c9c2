using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Transport.Tests.Registration;

/// <summary>How Kestrel comes to ask this transport, and no other.</summary>
public class RegistrationTests
{
    [Theory, Transports(Variants = true)]
    public async Task The_transport_serves_a_request(TransportUnderTest transport)
    {
        await using WebServer server = await WebServer.StartAsync(transport, TestApp.HelloAsync);
        using HttpClient client = server.CreateClient();
        Assert.Equal("Hello, World!", await client.GetStringAsync(new Uri("/", UriKind.Relative), Deadline.Token));
        // Its own log category shows that it was this one that carried the request.
        client.Dispose();
        await server.Logs.WaitForAsync(transport.LogCategory, 6);
    }

    [Theory, Transports]
    public async Task The_last_one_registered_wins(TransportUnderTest transport)
    {
        RecordingFactory asked = new RecordingFactory(canBind: true);
        await using WebServer server = await WebServer.StartAsync(transport, TestApp.HelloAsync,
            configure: builder => builder.Services.AddSingleton<IConnectionListenerFactory>(asked));
        Assert.Equal(1, asked.Bound);
    }

    [Theory, Transports]
    public async Task A_transport_that_cannot_bind_leaves_the_endpoint_to_the_next(TransportUnderTest transport)
    {
        RecordingFactory asked = new RecordingFactory(canBind: false);
        await using WebServer server = await WebServer.StartAsync(transport, TestApp.HelloAsync,
            configure: builder => builder.Services.AddSingleton<IConnectionListenerFactory>(asked));
        Assert.Equal(0, asked.Bound);
        using RawClient client = await server.ConnectAsync();
        Assert.Equal(200, (await client.GetAsync("/")).Status);
    }

    [Theory, Transports]
    public async Task Registered_before_UseKestrel_it_serves_too(TransportUnderTest transport)
    {
        LogCollector logs = new LogCollector();
        WebApplicationBuilder builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        transport.Apply(builder.WebHost, new TransportSettings());
        builder.WebHost.UseKestrelCore().ConfigureKestrel(options => options.Listen(IPAddress.Loopback, 0));
        builder.Logging.SetMinimumLevel(LogLevel.Trace).AddProvider(logs);
        await using WebApplication app = builder.Build();
        app.Run(TestApp.HelloAsync);
        await app.StartAsync(Deadline.Token);
        using (HttpClient http = new HttpClient())
        {
            await http.GetStringAsync(app.Urls.First() + "/", Deadline.Token);
        }

        await logs.WaitForAsync(transport.LogCategory, 6);
        await app.StopAsync(Deadline.Token);
    }

    [Theory]
    [Transports("ip", true), Transports("unix", true), Transports("handle", true), Transports("dns", false)]
    public async Task CanBind_knows_its_three_kinds_of_endpoint(TransportUnderTest transport, string kind, bool expected)
    {
        EndPoint endPoint = kind switch
        {
            "ip" => new IPEndPoint(IPAddress.Loopback, 0),
            "unix" => new System.Net.Sockets.UnixDomainSocketEndPoint("/tmp/x"),
            "handle" => new FileHandleEndPoint(0, FileHandleType.Tcp),
            _ => new DnsEndPoint("localhost", 80),
        };
        await using WebApplication services = BareListener.Services(transport);
        IConnectionListenerFactory factory = services.Services.GetServices<IConnectionListenerFactory>().Last();
        Assert.Equal(expected, Assert.IsAssignableFrom<IConnectionListenerFactorySelector>(factory).CanBind(endPoint));
    }

    [Theory, Transports]
    public async Task The_pool_comes_from_the_registered_factory(TransportUnderTest transport)
    {
        await using BareListener listener = await BareListener.BindAsync(transport);
        Assert.NotEmpty(listener.Pools.Pools);
        await using BareListener.Pair pair = await listener.ConnectAsync();
        await pair.Client.SendAsync("x");
        await pair.Server.ReadTextAsync(1);
        Assert.True(listener.Pools.EverRented > 0);
        Assert.Contains(pair.Server.Features.Get<Microsoft.AspNetCore.Connections.Features.IMemoryPoolFeature>()!.MemoryPool,
            listener.Pools.Pools);
    }

    [Theory, Transports]
    public async Task The_address_feature_has_the_bound_port(TransportUnderTest transport)
    {
        await using WebServer server = await WebServer.StartAsync(transport, TestApp.HelloAsync);
        string address = Assert.Single(server.Application.Services.GetRequiredService<Microsoft.AspNetCore.Hosting.Server.IServer>()
            .Features.Get<IServerAddressesFeature>()!.Addresses);
        Assert.NotEqual(0, new Uri(address).Port);
        Assert.NotEqual(5000, new Uri(address).Port);
    }

    private sealed class RecordingFactory(bool canBind) : IConnectionListenerFactory, IConnectionListenerFactorySelector
    {
        public int Bound { get; private set; }

        public bool CanBind(EndPoint endpoint) => canBind;

        public ValueTask<IConnectionListener> BindAsync(EndPoint endpoint, CancellationToken cancellationToken = default)
        {
            Bound++;
            return ValueTask.FromResult<IConnectionListener>(new Nothing(endpoint));
        }
    }

    private sealed class Nothing(EndPoint endPoint) : IConnectionListener
    {
        private readonly TaskCompletionSource<ConnectionContext?> _end = new();

        public EndPoint EndPoint => endPoint;

        public ValueTask<ConnectionContext?> AcceptAsync(CancellationToken cancellationToken = default) => new(_end.Task);

        public ValueTask UnbindAsync(CancellationToken cancellationToken = default)
        {
            _end.TrySetResult(null);
            return default;
        }

        public ValueTask DisposeAsync() => UnbindAsync();
    }
}
