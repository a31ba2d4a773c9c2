using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Test.Shared;

// A server in a process of its own, for tests that limit or end the process: ServerHost TRANSPORT. Prints its port, then its log, and ends
// on SIGTERM.
WebApplicationBuilder builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
builder.WebHost.UseKestrelCore().ConfigureKestrel(options => options.Listen(IPAddress.Loopback, 0));
builder.Logging.SetMinimumLevel(LogLevel.Information).AddSimpleConsole(options => options.SingleLine = true);
TransportCatalogue.Get(args[0]).Apply(builder.WebHost, new TransportSettings());
WebApplication app = builder.Build();
app.Run(static async context =>
{
    context.Response.ContentLength = 13;
    await context.Response.Body.WriteAsync("Hello, World!"u8.ToArray());
});
await app.StartAsync();
Console.WriteLine(new Uri(app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First()).Port);
await app.WaitForShutdownAsync();
await app.DisposeAsync();
