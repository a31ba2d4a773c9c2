using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Mvc.Testing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Transport.Tests.Http;

/// <summary>The way ASP.NET Core applications are tested, with a real Kestrel on the transport below.</summary>
public class WebApplicationFactoryTests
{
    [Theory, Transports]
    public async Task An_application_under_test_is_served_by_the_transport(TransportUnderTest transport)
    {
        LogCollector logs = new LogCollector();
        await using Factory factory = new Factory(transport, logs);
        factory.UseKestrel(0);
        using HttpClient client = factory.CreateClient();
        Assert.Equal("from the application", await client.GetStringAsync(new Uri("/hello", UriKind.Relative), Deadline.Token));
        using HttpResponseMessage missing = await client.GetAsync(new Uri("/nowhere", UriKind.Relative), Deadline.Token);
        Assert.Equal(HttpStatusCode.NotFound, missing.StatusCode);
        client.Dispose();
        await logs.WaitForAsync(transport.LogCategory, 6);
    }

    private sealed class Factory(TransportUnderTest transport, LogCollector logs) : WebApplicationFactory<WebApplicationFactoryTests>
    {
        protected override IHostBuilder CreateHostBuilder() => new HostBuilder().ConfigureWebHost(web => web
            .ConfigureServices(services => services.AddRouting())
            .ConfigureLogging(logging => logging.SetMinimumLevel(LogLevel.Trace).AddProvider(logs))
            .Configure(app => app.UseRouting().UseEndpoints(routes => routes.MapGet("/hello", () => "from the application"))));

        protected override void ConfigureWebHost(IWebHostBuilder builder)
        {
            builder.UseContentRoot(AppContext.BaseDirectory);
            transport.Apply(builder, new TransportSettings());
        }
    }
}
