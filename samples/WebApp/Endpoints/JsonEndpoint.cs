using System.Text.Json;

namespace WebApp.Endpoints;

/// <summary><c>GET /json</c>: <c>{"message":"Hello, World!"}</c>, serialized for every request.</summary>
internal static class JsonEndpoint
{
    public static void MapJson(this IEndpointRouteBuilder app) => app.MapGet("/json", HandleAsync);

    private static Task HandleAsync(HttpContext context)
    {
        byte[] body = JsonSerializer.SerializeToUtf8Bytes(new Greeting("Hello, World!"), SampleJson.Default.Greeting);
        context.Response.ContentType = "application/json";
        context.Response.ContentLength = body.Length;
        return context.Response.Body.WriteAsync(body, 0, body.Length);
    }
}
