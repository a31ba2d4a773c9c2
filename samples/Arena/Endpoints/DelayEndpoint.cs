namespace Arena.Endpoints;

/// <summary><c>GET /delay/MS</c>: a response after that many milliseconds, at most ten seconds.</summary>
internal static class DelayEndpoint
{
    public static void MapDelay(this IEndpointRouteBuilder app) =>
        app.MapGet("/delay/{ms:int:range(0,10000)}", async (int ms, CancellationToken aborted) =>
        {
            await Task.Delay(ms, aborted);
            return "ok";
        });
}
