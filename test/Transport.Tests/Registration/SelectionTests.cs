using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Transport.Core;

namespace Transport.Tests.Registration;

/// <summary>Which transport serves which end point: by the order of registration, by <c>Handles</c>, by configuration.</summary>
public sealed class SelectionTests : IDisposable
{
    private const string SocketsCategory = "Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets";
    private const string OursOnly = "Kestrel's Sockets transport has no such option";
    private const int ListeningEvent = 112;

    private readonly string _path = Path.Combine(Path.GetTempPath(), $"transport-{Guid.NewGuid():N}.sock");

    public void Dispose() => File.Delete(_path);

    [Theory, Transports(NotOnSockets = OursOnly)]
    public async Task Handles_leaves_the_other_end_points_to_Sockets(TransportUnderTest transport)
    {
        TransportSettings settings = new() { Ours = options => options.Handles = endPoint => endPoint is UnixDomainSocketEndPoint };
        await using WebServer server = await WebServer.StartAsync(transport, TestApp.HelloAsync, settings, ListenOnBoth);
        await AssertServedAsync(server.EndPoint);
        await server.Logs.WaitForAsync(SocketsCategory, 6);
        await AssertServedAsync(new UnixDomainSocketEndPoint(_path));
        await server.Logs.WaitForAsync(transport.LogCategory, 6);
        Assert.Equal(_path, Assert.Single(ListeningLines(server.Logs, transport)));
    }

    [Theory, Transports(NotOnSockets = OursOnly)]
    public async Task Two_transports_serve_an_end_point_each_in_one_process(TransportUnderTest transport)
    {
        TransportUnderTest other = TransportCatalogue.Get(transport.Model == "poll" ? "epoll" : "poll");
        TransportSettings unix = new() { Ours = options => options.Handles = endPoint => endPoint is UnixDomainSocketEndPoint };
        TransportSettings tcp = new() { Ours = options => options.Handles = endPoint => endPoint is IPEndPoint };
        await using WebServer server = await WebServer.StartAsync(
            transport, TestApp.HelloAsync, unix, ListenOnBoth, builder => other.Apply(builder.WebHost, tcp));
        await AssertServedAsync(server.EndPoint);
        await AssertServedAsync(new UnixDomainSocketEndPoint(_path));
        Assert.Equal(_path, Assert.Single(ListeningLines(server.Logs, transport)));
        Assert.Equal(server.EndPoint.ToString(), Assert.Single(ListeningLines(server.Logs, other)));
    }

    [Theory, Transports(NotOnSockets = OursOnly)]
    public async Task An_exception_from_Handles_fails_the_start(TransportUnderTest transport)
    {
        TransportSettings settings = new()
        {
            Ours = options => options.Handles = _ => throw new InvalidOperationException("the application's own"),
        };
        InvalidOperationException failure =
            await Assert.ThrowsAsync<InvalidOperationException>(() => WebServer.StartAsync(transport, TestApp.HelloAsync, settings));
        Assert.Equal("the application's own", failure.Message);
    }

    [Theory, Transports]
    public async Task UseSockets_after_it_wins(TransportUnderTest transport)
    {
        await using WebServer server = await WebServer.StartAsync(
            transport, TestApp.HelloAsync, configure: builder => builder.WebHost.UseSockets());
        await AssertServedAsync(server.EndPoint);
        await server.Logs.WaitForAsync(SocketsCategory, 6);
        Assert.Empty(ListeningLines(server.Logs, transport));
    }

    [Theory, Transports]
    public async Task Configuration_switches_to_Sockets(TransportUnderTest transport)
    {
        await using WebServer server = await WebServer.StartAsync(transport, TestApp.HelloAsync, configure: Use("Sockets"));
        await AssertServedAsync(server.EndPoint);
        await server.Logs.WaitForAsync(SocketsCategory, 6);
        Assert.Empty(ListeningLines(server.Logs, transport));
    }

    [Fact]
    public async Task Configuration_switches_to_Sockets_where_the_transport_was_registered_before_Kestrel()
    {
        WebApplicationBuilder builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        LogCollector logs = new();
        builder.Logging.SetMinimumLevel(LogLevel.Trace).AddProvider(logs);
        Use("sockets")(builder);
        builder.WebHost.UseEpollTransport();
        builder.WebHost.UseKestrelCore().ConfigureKestrel(options => options.Listen(IPAddress.Loopback, 0));
        await using WebApplication app = builder.Build();
        app.Run(TestApp.HelloAsync);
        await app.StartAsync(Deadline.Token);
        await AssertServedAsync(new IPEndPoint(IPAddress.Loopback, new Uri(app.Urls.First()).Port));
        await logs.WaitForAsync(SocketsCategory, 6);
        await app.StopAsync(Deadline.Token);
    }

    [Theory, Transports(NotOnSockets = OursOnly)]
    public async Task Configuration_selects_one_of_those_registered_for_all_end_points(TransportUnderTest transport)
    {
        TransportUnderTest other = TransportCatalogue.Get(transport.Model == "poll" ? "epoll" : "poll");
        TransportSettings none = new() { Ours = options => options.Handles = _ => false };
        await using WebServer server = await WebServer.StartAsync(transport, TestApp.HelloAsync, none, ListenOnBoth, builder =>
        {
            other.Apply(builder.WebHost, new TransportSettings());
            Use(transport.Model)(builder);
        });
        await AssertServedAsync(server.EndPoint);
        await AssertServedAsync(new UnixDomainSocketEndPoint(_path));
        Assert.Equal(2, ListeningLines(server.Logs, transport).Length);
        Assert.Empty(ListeningLines(server.Logs, other));
    }

    [Theory]
    [InlineData("eppoll", "Kestrel:Transport:Use is \"eppoll\"; the nearest is epoll. Allowed: epoll, poll, sockets")]
    [InlineData("rtsig", "Kestrel:Transport:Use is \"rtsig\"")]
    public Task A_transport_that_is_not_registered_cannot_be_selected(string use, string expected) => AssertRefusedAsync(
        expected, new() { ["Kestrel:Transport:Use"] = use }, web => web.UseEpollTransport().UsePollTransport());

    [Theory]
    [InlineData("Kestrel:Transport:Usee", "Kestrel:Transport:Usee is not an option; the nearest is Use. Allowed: Use, Epoll.")]
    [InlineData("Kestrel:Transport:LoopCount", "Kestrel:Transport:LoopCount is not an option")]
    [InlineData("Kestrel:Transport:Use:0", "Kestrel:Transport:Use has keys below it; allowed: one value.")]
    public Task A_value_beside_the_transports_sections_fails_the_start(string key, string expected) => AssertRefusedAsync(
        expected, new() { [key] = "epoll" }, web => web.UseEpollTransport());

    [Theory, Transports(NotOnSockets = OursOnly)]
    public async Task Configuration_wins_over_a_later_UseSockets(TransportUnderTest transport)
    {
        await using WebServer server = await WebServer.StartAsync(transport, TestApp.HelloAsync, configure: builder =>
        {
            builder.WebHost.UseSockets();
            Use(transport.Model)(builder);
        });
        await AssertServedAsync(server.EndPoint);
        Assert.Single(ListeningLines(server.Logs, transport));
    }

    [Theory, Transports(NotOnSockets = OursOnly)]
    public async Task The_transport_wins_over_an_earlier_UseSockets(TransportUnderTest transport)
    {
        await using WebServer server = await WebServer.StartAsync(transport, TestApp.HelloAsync, configure: builder =>
        {
            builder.WebHost.UseSockets();
            transport.Apply(builder.WebHost, new TransportSettings());
        });
        await AssertServedAsync(server.EndPoint);
        Assert.Single(ListeningLines(server.Logs, transport));
    }

    [Fact]
    public async Task Options_of_Sockets_that_an_application_sets_are_no_UseSockets()
    {
        await using WebServer server = await WebServer.StartAsync(TransportCatalogue.Get("epoll"), TestApp.HelloAsync, configure: builder =>
        {
            builder.Services.Configure<SocketTransportOptions>(options => options.Backlog = 7);
            builder.Services.AddOptions<SocketTransportOptions>().Configure<IConfiguration>((options, _) => options.Backlog = 8);
        });
        Assert.Single(ListeningLines(server.Logs, server.Transport));
    }

    [Fact]
    public async Task A_section_of_a_transport_that_is_not_registered_causes_a_warning()
    {
        await using WebServer server = await WebServer.StartAsync(TransportCatalogue.Get("epoll"), TestApp.HelloAsync,
            configure: builder => builder.Configuration["Kestrel:Transport:Eppoll:LoopCount"] = "1");
        LogEntry warning = Assert.Single(server.Logs.Entries, entry => entry.Id.Id == 114);
        Assert.Equal(LogLevel.Warning, warning.Level);
        Assert.Equal("The configuration section Kestrel:Transport:Eppoll belongs to no registered transport and is ignored. "
            + "The nearest is Epoll. Allowed: Use, Epoll.", warning.Message);
    }

    [Theory, Transports(NotOnSockets = "its log has no such line")]
    public async Task The_start_logs_what_serves_each_end_point(TransportUnderTest transport)
    {
        TransportSettings settings = new() { LoopCount = 2, Ours = options => options.AcceptStrategy = AcceptStrategy.RoundRobin };
        await using WebServer server = await WebServer.StartAsync(transport, TestApp.HelloAsync, settings);
        LogEntry line = Assert.Single(
            server.Logs.Entries, entry => entry.Category == "Transport.Core" && entry.Id.Id == ListeningEvent);
        Assert.Equal(LogLevel.Information, line.Level);
        Assert.Equal((server.EndPoint.ToString(), transport.Model, 2, "RoundRobin"),
            ($"{line.Values["EndPoint"]}", line.Values["Transport"], line.Values["Loops"], $"{line.Values["AcceptStrategy"]}"));
        Assert.NotNull(line.Values["Scheduling"]);
    }

    [Theory]
    [Transports(false, LogLevel.Debug, NotOnSockets = OursOnly), Transports(true, LogLevel.Information, NotOnSockets = OursOnly)]
    public async Task A_strategy_that_does_not_apply_is_logged_above_Debug_only_where_it_was_asked_for(
        TransportUnderTest transport, bool asked, LogLevel expected)
    {
        TransportSettings settings = new()
        {
            LoopCount = 2,
            Ours = options => options.AcceptStrategy = asked ? AcceptStrategy.ReusePort : options.AcceptStrategy,
        };
        if (!asked)
        {
            settings = settings with { Ours = null };
        }

        await using WebServer server =
            await WebServer.StartAsync(transport, TestApp.HelloAsync, settings, options => options.ListenUnixSocket(_path));
        LogEntry line = Assert.Single(server.Logs.Entries, entry => entry.Id.Name == "AcceptStrategyFallback");
        Assert.Equal(expected, line.Level);
    }

    private void ListenOnBoth(Microsoft.AspNetCore.Server.Kestrel.Core.KestrelServerOptions options)
    {
        options.Listen(IPAddress.Loopback, 0);
        options.ListenUnixSocket(_path);
    }

    private static Action<WebApplicationBuilder> Use(string transport) =>
        builder => builder.Configuration["Kestrel:Transport:Use"] = transport;

    private static async Task AssertServedAsync(EndPoint endPoint)
    {
        using RawClient client = await RawClient.ConnectAsync(endPoint);
        Assert.Equal(200, (await client.GetAsync("/")).Status);
    }

    private static string[] ListeningLines(LogCollector logs, TransportUnderTest transport) =>
        [.. logs.Entries.Where(entry => entry.Category == "Transport.Core" && entry.Id.Id == ListeningEvent)
            .Where(entry => Equals(entry.Values["Transport"], transport.Model))
            .Select(entry => $"{entry.Values["EndPoint"]}")];

    private static async Task AssertRefusedAsync(
        string expected, Dictionary<string, string?> configuration, Action<IWebHostBuilder> register)
    {
        WebApplicationBuilder builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.Configuration.AddInMemoryCollection(configuration);
        builder.WebHost.UseKestrelCore().ConfigureKestrel(options => options.Listen(IPAddress.Loopback, 0));
        register(builder.WebHost);
        OptionsValidationException refused = await Assert.ThrowsAsync<OptionsValidationException>(async () =>
        {
            await using WebApplication app = builder.Build();
            await app.StartAsync(Deadline.Token);
        });
        Assert.Contains(expected, refused.Message, StringComparison.Ordinal);
    }
}
