using Microsoft.AspNetCore.Mvc;

namespace WebApp.Endpoints.Streams;

/// <summary><c>POST /echo</c>: streams the body back, with the Content-Length of the request if it has one.</summary>
internal static class EchoEndpoint
{
    public static void MapEcho(this IEndpointRouteBuilder app) =>
        app.MapPost("/echo", HandleAsync).WithMetadata(new DisableRequestSizeLimitAttribute());

    private static Task HandleAsync(HttpContext context)
    {
        context.Response.ContentType = context.Request.ContentType ?? "application/octet-stream";
        context.Response.ContentLength = context.Request.ContentLength;
        return context.Request.BodyReader.CopyToAsync(context.Response.BodyWriter, context.RequestAborted);
    }
}
