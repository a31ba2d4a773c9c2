using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;
using Microsoft.Extensions.Options;

namespace WebApp.Endpoints.Status;

/// <summary><c>GET /transport</c>: the model, its loops, connections and counters, and the resources used by the process.</summary>
internal static class TransportEndpoint
{
    public static void MapTransportStatus(this IEndpointRouteBuilder app) => app.MapGet("/transport", HandleAsync);

    private static Task HandleAsync(
        HttpContext context, SampleSettings settings, TransportStatus status, FilesReport files, IOptions<SocketTransportOptions> sockets)
    {
        TransportReport report = settings.Transport == Transports.Sockets ? OfSockets(settings, sockets.Value) : OfLoops(settings, status);
        return context.Response.WriteAsJsonAsync(report with { Files = files.Folders }, SampleJson.Default.TransportReport);
    }

    private static TransportReport OfLoops(SampleSettings settings, TransportStatus status)
    {
        SortedDictionary<string, SortedDictionary<int, long>> instruments = status.Read();
        SortedDictionary<string, long> totals = new SortedDictionary<string, long>(StringComparer.Ordinal);
        SortedDictionary<int, SortedDictionary<string, long>> loops = new SortedDictionary<int, SortedDictionary<string, long>>();
        foreach ((string? instrument, SortedDictionary<int, long>? byLoop) in instruments)
        {
            totals[instrument] = byLoop.Values.Sum();
            foreach ((int loop, long value) in byLoop.Where(entry => entry.Key >= 0))
            {
                if (!loops.TryGetValue(loop, out SortedDictionary<string, long>? values))
                {
                    loops[loop] = values = new SortedDictionary<string, long>(StringComparer.Ordinal);
                }

                values[instrument] = value;
            }
        }

        return new TransportReport
        {
            Transport = settings.Transport,
            Scheduling = SchedulingName(settings),
            Loops = loops.Count,
            Connections = totals.GetValueOrDefault("transport.connections"),
            Counters = totals,
            PerLoop = loops.Values,
            Process = ProcessReport.Read(),
        };
    }

    private static TransportReport OfSockets(SampleSettings settings, SocketTransportOptions options) => new()
    {
        Transport = settings.Transport,
        Scheduling = options.UnsafePreferInlineScheduling ? "inline" : "threadpool",
        Loops = options.IOQueueCount,
        Note = "The framework's transport has no meter. Kestrel's meter Microsoft.AspNetCore.Server.Kestrel "
            + "counts the connections of every transport (kestrel.active_connections); dotnet-counters shows it.",
        Process = ProcessReport.Read(),
    };

    private static string SchedulingName(SampleSettings settings) => settings.Scheduling?.ToString().ToLowerInvariant() ?? "default";
}
