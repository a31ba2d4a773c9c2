using System.Diagnostics.Metrics;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace FileAio.Tests.Hosting;

/// <summary>The meter <c>FileAio</c> is created by the host's IMeterFactory, like those of ASP.NET Core.</summary>
public sealed class MetricsTests : IDisposable
{
    private readonly string _root = Directory.CreateTempSubdirectory("fileaio-metrics-").FullName;

    public MetricsTests() => File.WriteAllBytes(Path.Combine(_root, "large.bin"), new byte[2 << 20]);

    public void Dispose() => Directory.Delete(_root, recursive: true);

    [Fact]
    public async Task The_instruments_belong_to_the_meter_of_the_host_and_measure_seconds()
    {
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        await using WebApplication app = builder.Build();

        // Twice: two mounts share the instruments.
        app.UseDirectIoFiles(options => (options.Root, options.RequestPath, options.ServeUnknownFileTypes) = (_root, "/a", true));
        app.UseDirectIoFiles(options => (options.Root, options.RequestPath, options.ServeUnknownFileTypes) = (_root, "/b", true));
        IMeterFactory meters = app.Services.GetRequiredService<IMeterFactory>();
        List<Instrument> published = [];
        TaskCompletionSource<double> measured = new(TaskCreationOptions.RunContinuationsAsynchronously);
        using MeterListener listener = new();
        listener.InstrumentPublished = (instrument, own) =>
        {
            if (instrument.Meter.Name == "FileAio" && instrument.Meter.Scope == meters)
            {
                published.Add(instrument);
                own.EnableMeasurementEvents(instrument);
            }
        };
        listener.SetMeasurementEventCallback<double>((_, value, _, _) => measured.TrySetResult(value));
        listener.Start();
        await app.StartAsync(Deadline.Token);
        Assert.Equal(published.Count, published.Select(static instrument => instrument.Name).Distinct().Count());

        Histogram<double> duration = Assert.IsType<Histogram<double>>(
            Assert.Single(published, static instrument => instrument.Name == "fileaio.read.duration"));
        Assert.Equal("s", duration.Unit);
        Assert.Equal(0.00005, duration.Advice!.HistogramBucketBoundaries![0]);
        Assert.Equal(10, duration.Advice.HistogramBucketBoundaries[^1]);

        string address = app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First();
        using HttpClient client = new() { BaseAddress = new Uri(address), Timeout = Deadline.Default };
        Assert.Equal(2 << 20, (await client.GetByteArrayAsync("/a/large.bin", Deadline.Token)).Length);
        Assert.InRange(await measured.Task.WaitAsync(Deadline.Token), 0, Deadline.Default.TotalSeconds);
    }
}
