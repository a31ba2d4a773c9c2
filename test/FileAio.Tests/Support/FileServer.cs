using System.Net;
using FileAio.Composition;
using FileAio.Threads;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace FileAio.Tests.Support;

/// <summary>
/// A real Kestrel on loopback that serves a folder. Engine, buffers and bound are its own, so that a test can count them.
/// </summary>
internal sealed class FileServer : IAsyncDisposable
{
    private readonly WebApplication _app;

    /// <summary>
    /// Configuration files are not watched: each server would have an inotify instance, of which a user has 128 by default.
    /// </summary>
    static FileServer()
    {
        Environment.SetEnvironmentVariable("DOTNET_hostBuilder__reloadConfigOnChange", "false");
        Environment.SetEnvironmentVariable("ASPNETCORE_hostBuilder__reloadConfigOnChange", "false");
    }

    private FileServer(WebApplication app, FileRuntime runtime, LogLines log)
    {
        (_app, Runtime, Log) = (app, runtime, log);
        Address = new Uri(app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First());
    }

    public Uri Address { get; }

    public int Port => Address.Port;

    public FileRuntime Runtime { get; }

    public LogLines Log { get; }

    public DirectIoFilesStatus Status => _app.DirectIoFilesStatus()[0];

    public static async Task<FileServer> StartAsync(
        string root, Action<DirectIoFileOptions>? configure = null, bool alignedPool = false, HttpProtocols protocols = HttpProtocols.Http1,
        bool tls = false, Action<WebApplicationBuilder>? before = null, Action<WebApplication>? first = null, ThreadStarter? threads = null,
            Action<ListenOptions>? listening = null)
    {
        DirectIoFileOptions options = new DirectIoFileOptions { Root = root, ServeUnknownFileTypes = true, DirectIoThreshold = 512 };
        configure?.Invoke(options);
        LogLines log = new LogLines();
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders().AddProvider(log).SetMinimumLevel(LogLevel.Information);
        builder.WebHost.UseKestrelHttpsConfiguration().ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0, listen =>
        {
            listen.Protocols = protocols;
            listening?.Invoke(listen);
            if (tls)
            {
                listen.UseHttps(TestCertificate.Make());
            }
        }));
        if (alignedPool)
        {
            builder.WebHost.UseAlignedMemoryPool();
        }

        FileRuntime runtime = FileRuntime.Create(options, log.CreateLogger("FileAio"), threads);
        runtime.Buffers.Poison = true;
        builder.Services.AddSingleton(runtime);
        before?.Invoke(builder);
        WebApplication app = builder.Build();
        first?.Invoke(app);
        app.UseDirectIoFiles(options);
        await app.StartAsync();
        return new FileServer(app, runtime, log);
    }

    /// <summary>Every read has completed, and every buffer is back.</summary>
    public Task IdleAsync() => Deadline.Until(
        () => Runtime.Buffers.Rented == 0 && Runtime.Buffers.Budget.Used == 0,
        () => $"{Runtime.Buffers.Rented} buffers of {Runtime.Buffers.Budget.Used} bytes are still out");

    /// <param name="time">The time for connections to end, before they are aborted: 2 s if null.</param>
    public Task StopAsync(TimeSpan? time = null) => _app.StopAsync(new CancellationTokenSource(time ?? TimeSpan.FromSeconds(2)).Token);

    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        await _app.DisposeAsync();
        Runtime.Dispose();
    }
}
