using System.Globalization;
using System.IO.Pipelines;

namespace Arena.Endpoints;

/// <summary><c>POST /echo</c>: the body. <c>POST /upload</c>: its length.</summary>
internal static class BodyEndpoints
{
    public static void MapBodies(this IEndpointRouteBuilder app)
    {
        app.MapPost("/echo", EchoAsync);
        app.MapPost("/upload", async Task<IResult> (HttpRequest request, CancellationToken aborted) =>
            Results.Text((await CountAsync(request.BodyReader, aborted)).ToString(CultureInfo.InvariantCulture)));
    }

    private static Task EchoAsync(HttpContext context)
    {
        context.Response.ContentType = "application/octet-stream";
        context.Response.ContentLength = context.Request.ContentLength;   // null for a chunked body, which is answered chunked
        return context.Request.BodyReader.CopyToAsync(context.Response.BodyWriter, context.RequestAborted);
    }

    private static async Task<long> CountAsync(PipeReader body, CancellationToken aborted)
    {
        for (long bytes = 0; ;)
        {
            ReadResult read = await body.ReadAsync(aborted);
            bytes += read.Buffer.Length;
            body.AdvanceTo(read.Buffer.End);
            if (read.IsCompleted)
            {
                return bytes;
            }
        }
    }
}
