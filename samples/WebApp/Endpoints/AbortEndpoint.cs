namespace WebApp.Endpoints;

/// <summary><c>GET /abort</c>: calls <see cref="HttpContext.Abort"/>. The client receives a connection reset.</summary>
internal static class AbortEndpoint
{
    public static void MapAbort(this IEndpointRouteBuilder app) => app.MapGet("/abort", HandleAsync);

    private static Task HandleAsync(HttpContext context)
    {
        context.Abort();
        return Task.CompletedTask;
    }
}
