namespace WebApp.Endpoints;

/// <summary><c>GET /block?ms=N</c>: blocks its thread for N milliseconds, as handlers with synchronous I/O do.</summary>
internal static class BlockEndpoint
{
    public static void MapBlock(this IEndpointRouteBuilder app) => app.MapGet("/block", HandleAsync);

    private static Task HandleAsync(HttpContext context)
    {
        if (!Query.TryReadCount(context, "ms", int.MaxValue, out long milliseconds))
        {
            return Query.RefuseAsync(context, "ms", int.MaxValue);
        }

        Thread.Sleep((int)milliseconds);
        string answer = $"slept {milliseconds} ms\n";
        context.Response.ContentLength = answer.Length;
        return context.Response.WriteAsync(answer);
    }
}
