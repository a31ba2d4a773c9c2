namespace WebApp.Endpoints;

/// <summary><c>POST /collect</c>: collects all garbage, compacts the heap and returns free memory to the system.</summary>
internal static class CollectEndpoint
{
    public static void MapCollect(this IEndpointRouteBuilder app) => app.MapPost("/collect", Collect);

    private static IResult Collect()
    {
        // The second collection collects what finalizers and pools released in the first.
        for (int round = 0; round < 2; round++)
        {
            GC.Collect(GC.MaxGeneration, GCCollectionMode.Aggressive, blocking: true, compacting: true);
            GC.WaitForPendingFinalizers();
        }

        return Results.NoContent();
    }
}
