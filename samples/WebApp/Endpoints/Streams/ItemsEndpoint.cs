using System.Text.Json;

namespace WebApp.Endpoints.Streams;

/// <summary>
/// <c>GET /items?count=N</c>: an array of N objects, serialized from an <see cref="IAsyncEnumerable{T}"/>. Allowed values: 0 to 1,000,000.
/// </summary>
internal static class ItemsEndpoint
{
    private const int Maximum = 1_000_000;

    public static void MapItems(this IEndpointRouteBuilder app) => app.MapGet("/items", HandleAsync);

    private static Task HandleAsync(HttpContext context)
    {
        if (!Query.TryReadCount(context, "count", Maximum, out long count))
        {
            return Query.RefuseAsync(context, "count", Maximum);
        }

        context.Response.ContentType = "application/json";
        return JsonSerializer.SerializeAsync(
            context.Response.BodyWriter, ProduceAsync(count), SampleJson.Default.IAsyncEnumerableGreeting, context.RequestAborted);
    }

    private static async IAsyncEnumerable<Greeting> ProduceAsync(long count)
    {
        for (long number = 0; number < count; number++)
        {
            yield return new Greeting("Hello, World!");
        }

        await Task.CompletedTask;
    }
}
