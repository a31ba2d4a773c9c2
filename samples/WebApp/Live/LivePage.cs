using System.Net.Mime;
using System.Text;

namespace WebApp.Live;

/// <summary>
/// Maps the live page of an app with several transports: <c>GET /</c>, <c>GET /live/events</c> (server-sent events) and <c>POST
/// /live/load?side=N&amp;kind=KIND</c>.
/// </summary>
internal static class LivePage
{
    private static readonly byte[] Page = Read();

    /// <summary>Counts the requests of each transport. It must precede all other middleware.</summary>
    public static void UseLiveCounts(this IApplicationBuilder app, LiveSampler sampler) => app.Use(next => async context =>
    {
        await next(context);
        sampler.Count(context.Connection.LocalPort);
    });

    public static void MapLivePage(this IEndpointRouteBuilder app, LiveSampler sampler)
    {
        app.MapGet("/", () => Results.Bytes(Page, $"{MediaTypeNames.Text.Html}; charset=utf-8"));
        app.MapGet("/live/events", context => SendAsync(context, sampler));
        app.MapPost("/live/load", (int side, LoadKind kind) =>
            sampler.TryStart(side, kind) is { } reason
                ? Results.Text(reason, statusCode: StatusCodes.Status409Conflict)
                : Results.NoContent());
    }

    private static async Task SendAsync(HttpContext context, LiveSampler sampler)
    {
        CancellationToken stopping = context.RequestServices.GetRequiredService<IHostApplicationLifetime>().ApplicationStopping;
        context.Response.ContentType = "text/event-stream";
        context.Response.Headers.CacheControl = "no-store";
        await context.Response.StartAsync();
        while (!context.RequestAborted.IsCancellationRequested && !stopping.IsCancellationRequested)
        {
            string snapshot = await sampler.NextAsync(context.RequestAborted).ConfigureAwait(false);
            await context.Response.BodyWriter.WriteAsync(Encoding.UTF8.GetBytes($"data: {snapshot}\n\n")).ConfigureAwait(false);
        }
    }

    private static byte[] Read()
    {
        using Stream resource = typeof(LivePage).Assembly.GetManifestResourceStream("WebApp.Live.live.html")
            ?? throw new InvalidOperationException("The resource live.html is missing.");
        using MemoryStream copy = new MemoryStream();
        resource.CopyTo(copy);
        return copy.ToArray();
    }
}
