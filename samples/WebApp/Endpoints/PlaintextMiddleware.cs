using System.Buffers;

namespace WebApp.Endpoints;

/// <summary>
/// <c>GET /plaintext</c>: responds with "Hello, World!" before all other middleware, so that only the transport and Kestrel's HTTP are
/// measured.
/// </summary>
internal static class PlaintextMiddleware
{
    private const string Path = "/plaintext";

    private static readonly byte[] Body = "Hello, World!"u8.ToArray();

    public static void UsePlaintext(this IApplicationBuilder app) => app.Use(next => context =>
    {
        if (!string.Equals(context.Request.Path.Value, Path, StringComparison.Ordinal))
        {
            return next(context);
        }

        HttpResponse response = context.Response;
        response.ContentType = "text/plain";
        response.ContentLength = Body.Length;
        response.BodyWriter.Write(Body); // flushed by Kestrel, once, when the response completes
        return Task.CompletedTask;
    });
}
