namespace WebApp.Endpoints;

/// <summary><c>GET /delay?ms=N</c>: responds after N milliseconds, without blocking a thread.</summary>
internal static class DelayEndpoint
{
    public static void MapDelay(this IEndpointRouteBuilder app) => app.MapGet("/delay", HandleAsync);

    private static async Task HandleAsync(HttpContext context)
    {
        if (!Query.TryReadCount(context, "ms", int.MaxValue, out long milliseconds))
        {
            await Query.RefuseAsync(context, "ms", int.MaxValue);
            return;
        }

        try
        {
            await Task.Delay((int)milliseconds, context.RequestAborted);
        }
        catch (OperationCanceledException)
        {
            return; // the client disconnected
        }

        await context.Response.WriteAsync($"waited {milliseconds} ms\n");
    }
}
