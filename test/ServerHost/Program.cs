using System.Globalization;
using System.Net;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using ServerHost;
using Test.Shared;

// A server in a process of its own, for tests that limit or end the process: ServerHost TRANSPORT [descriptor=N] [drain=SECONDS]
// [keep-alive=SECONDS] [hand-over=PATH] [store=true] [systemd=true] [loops=N] [unix=PATH] [also=PORT] [use=NAME] [hold=PATH]. Listens on
// the descriptor if there is one, also on the Unix socket and the further port; with systemd= on what systemd has passed. With hold= the
// host has not started before that file exists (HeldStart). Prints its port, then its log, and ends on SIGTERM. /allocated tells what was
// allocated on the managed heap since the start, /process the process id.
string? Text(string name) =>
    args.Skip(1).FirstOrDefault(argument => argument.StartsWith(name + "=", StringComparison.Ordinal))?[(name.Length + 1)..];
double? Argument(string name) => Text(name) is { } found ? double.Parse(found, CultureInfo.InvariantCulture) : null;
WebApplicationBuilder builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
builder.WebHost.UseKestrelCore().ConfigureKestrel(options =>
{
    if (Argument("descriptor") is { } descriptor)
    {
        options.ListenHandle((ulong)descriptor);
    }
    else if (Text("systemd") is not null)
    {
        options.UseSystemd();
    }
    else
    {
        options.Listen(IPAddress.Loopback, 0);
    }

    if (Text("store") == "and systemd")
    {
        options.UseSystemd();
    }

    if (Text("unix") is { } path)
    {
        options.ListenUnixSocket(path);
    }

    if (Argument("also") is { } port)
    {
        options.Listen(IPAddress.Loopback, (int)port);
    }

    if (Argument("keep-alive") is { } seconds)
    {
        options.Limits.KeepAliveTimeout = TimeSpan.FromSeconds(seconds);
    }
});
builder.Configuration["Kestrel:Transport:Use"] = Text("use");
TransportSettings settings = new()
{
    LoopCount = (int?)Argument("loops"),
    Ours = options =>
    {
        options.HandOverPath = Text("hand-over");
        options.SystemdFileDescriptorStore = Text("store") is not null;
        options.DrainTime = Argument("drain") is { } drain ? TimeSpan.FromSeconds(drain) : options.DrainTime;
    },
};
builder.Logging.SetMinimumLevel(LogLevel.Information).AddSimpleConsole(options => options.SingleLine = true);
TransportCatalogue.Get(args[0]).Apply(builder.WebHost, settings);
if (Text("hold") is { } hold)
{
    builder.Services.AddHostedService(_ => new HeldStart(hold));
}

WebApplication app = builder.Build();
app.Run(static async context =>
{
    byte[] body = context.Request.Path == "/allocated"
        ? Encoding.ASCII.GetBytes(GC.GetTotalAllocatedBytes(precise: true).ToString(CultureInfo.InvariantCulture))
        : context.Request.Path == "/process" ? Encoding.ASCII.GetBytes(Environment.ProcessId.ToString(CultureInfo.InvariantCulture))
        : "Hello, World!"u8.ToArray();
    context.Response.ContentLength = body.Length;
    await context.Response.Body.WriteAsync(body);
});
await app.StartAsync();
Console.WriteLine(new Uri(app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First()).Port);
await app.WaitForShutdownAsync();
await app.DisposeAsync();
