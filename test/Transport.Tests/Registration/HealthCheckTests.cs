using System.Net;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Transport.Core.Health;

namespace Transport.Tests.Registration;

/// <summary>AddTransport: a health check that says which transport serves each end point.</summary>
public class HealthCheckTests
{
    [Theory, Transports(NotOnSockets = "it has no such check")]
    public async Task The_check_names_the_transport_of_each_end_point(TransportUnderTest transport)
    {
        TransportUnderTest checkedToo = transport with
        {
            Apply = (web, settings) =>
            {
                transport.Apply(web, settings);
                web.ConfigureServices(services => services.AddHealthChecks().AddTransport());
            },
        };
        await using WebServer server = await WebServer.StartAsync(checkedToo, TestApp.HelloAsync);
        HealthReportEntry entry = await CheckAsync(server.Application.Services);
        Assert.Equal(HealthStatus.Healthy, entry.Status);
        Assert.Equal(transport.Model, entry.Data[server.EndPoint.ToString()]);
        Assert.Equal($"Served by {transport.Model}.", entry.Description);
        await server.StopAsync();
        Assert.Empty((await CheckAsync(server.Application.Services)).Data);
    }

    [Fact]
    public async Task Without_one_of_these_transports_the_check_says_that_Sockets_serves()
    {
        await using ServiceProvider services =
            new ServiceCollection().AddLogging().AddHealthChecks().AddTransport().Services.BuildServiceProvider();
        HealthReportEntry entry = await CheckAsync(services);
        Assert.Equal(HealthStatus.Healthy, entry.Status);
        Assert.Contains("Sockets serves", entry.Description, StringComparison.Ordinal);
    }

    [Theory, InlineData(null, HealthStatus.Degraded), InlineData(HealthStatus.Unhealthy, HealthStatus.Unhealthy)]
    public async Task A_fallback_is_reported(HealthStatus? configured, HealthStatus reported)
    {
        await using ServiceProvider services =
            new ServiceCollection().AddLogging().AddHealthChecks().AddTransport(failureStatus: configured).Services.BuildServiceProvider();
        services.GetRequiredService<ListeningEndPoints>().Add(new(new IPEndPoint(IPAddress.Loopback, 5000), "uring", "epoll"));
        HealthReportEntry entry = await CheckAsync(services);
        Assert.Equal(reported, entry.Status);
        Assert.Equal("127.0.0.1:5000: uring is not available, using epoll instead.", entry.Description);
        Assert.Equal("epoll", entry.Data["127.0.0.1:5000"]);
    }

    private static async Task<HealthReportEntry> CheckAsync(IServiceProvider services) =>
        (await services.GetRequiredService<HealthCheckService>().CheckHealthAsync()).Entries["transport"];
}
