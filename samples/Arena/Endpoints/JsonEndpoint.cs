namespace Arena.Endpoints;

/// <summary><c>GET /json/COUNT?m=N</c>: the first items with <c>total = price × quantity × m</c>.</summary>
internal static class JsonEndpoint
{
    public static void MapJson(this IEndpointRouteBuilder app, Dataset dataset) => app.MapGet(
        "/json/{count:int}", (int count, int? m) => TypedResults.Json(dataset.Price(count, m ?? 1), ArenaJson.Default.PricedItems));
}
