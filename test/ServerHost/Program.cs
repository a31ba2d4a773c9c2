using System.Globalization;
using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Test.Shared;

// A server in a process of its own, for tests that limit or end the process: ServerHost TRANSPORT [DESCRIPTOR DRAIN-SECONDS].
// Listens on the descriptor if there is one. Prints its port, then its log, and ends on SIGTERM.
WebApplicationBuilder builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
builder.WebHost.UseKestrelCore().ConfigureKestrel(options =>
{
    if (args.Length > 1)
    {
        options.ListenHandle(ulong.Parse(args[1], CultureInfo.InvariantCulture));
    }
    else
    {
        options.Listen(IPAddress.Loopback, 0);
    }
});
double drain = args.Length > 2 ? double.Parse(args[2], CultureInfo.InvariantCulture) : 0;
TransportSettings settings = new() { Ours = options => options.DrainTime = TimeSpan.FromSeconds(drain) };
builder.Logging.SetMinimumLevel(LogLevel.Information).AddSimpleConsole(options => options.SingleLine = true);
TransportCatalogue.Get(args[0]).Apply(builder.WebHost, settings);
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
