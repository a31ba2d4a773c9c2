using System.IO.Pipelines;
using System.Security.Cryptography;
using Microsoft.AspNetCore.Mvc;

namespace WebApp.Endpoints.Streams;

/// <summary><c>POST /upload</c>: responds with the length of the body and its SHA-256.</summary>
internal static class UploadEndpoint
{
    public static void MapUpload(this IEndpointRouteBuilder app) =>
        app.MapPost("/upload", HandleAsync).WithMetadata(new DisableRequestSizeLimitAttribute());

    private static async Task HandleAsync(HttpContext context)
    {
        using IncrementalHash hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        long bytes = 0L;
        PipeReader body = context.Request.BodyReader;
        while (true)
        {
            ReadResult read = await body.ReadAsync(context.RequestAborted);
            foreach (ReadOnlyMemory<byte> segment in read.Buffer)
            {
                hash.AppendData(segment.Span);
            }

            bytes += read.Buffer.Length;
            body.AdvanceTo(read.Buffer.End);
            if (read.IsCompleted)
            {
                break;
            }
        }

        Uploaded uploaded = new Uploaded(bytes, Convert.ToHexStringLower(hash.GetHashAndReset()));
        await context.Response.WriteAsJsonAsync(uploaded, SampleJson.Default.Uploaded);
    }
}
