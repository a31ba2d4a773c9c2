namespace WebApp.Endpoints;

/// <summary><c>GET /block?ms=N</c>: sleeps its thread for N milliseconds, on purpose: the handler that one should not write and everybody has.</summary>
internal static class BlockEndpoint
{
    public static void MapBlock(this IEndpointRouteBuilder app) => app.MapGet("/block", HandleAsync);

    private static Task HandleAsync(HttpContext context)
    {
        if (!Query.TryReadCount(context, "ms", int.MaxValue, out var milliseconds))
            return Query.RefuseAsync(context, "ms", int.MaxValue);

        Thread.Sleep((int)milliseconds);
        return context.Response.WriteAsync($"slept {milliseconds} ms\n");
    }
}
