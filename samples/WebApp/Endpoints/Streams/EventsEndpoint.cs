using System.Runtime.CompilerServices;

namespace WebApp.Endpoints.Streams;

/// <summary><c>GET /events?count=N</c>: N server-sent events, each flushed separately. Allowed values: 0 to 1,000,000.</summary>
internal static class EventsEndpoint
{
    private const int Maximum = 1_000_000;

    public static void MapEvents(this IEndpointRouteBuilder app) => app.MapGet("/events", HandleAsync);

    private static Task HandleAsync(HttpContext context) => Query.TryReadCount(context, "count", Maximum, out long count)
        ? TypedResults.ServerSentEvents(ProduceAsync(count, context.RequestAborted)).ExecuteAsync(context)
        : Query.RefuseAsync(context, "count", Maximum);

    private static async IAsyncEnumerable<string> ProduceAsync(long count, [EnumeratorCancellation] CancellationToken cancellation)
    {
        for (long number = 0; number < count && !cancellation.IsCancellationRequested; number++)
        {
            yield return "Hello, World!";
        }

        await Task.CompletedTask;
    }
}
