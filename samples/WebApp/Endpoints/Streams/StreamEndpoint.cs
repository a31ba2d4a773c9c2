using System.IO.Pipelines;

namespace WebApp.Endpoints.Streams;

/// <summary>
/// <c>GET /stream?bytes=N&amp;flush=F</c>: N bytes, flushed every F bytes (1 to 65,536, default: 65,536). The byte at offset i within each
/// flush is <c>(byte)(i * 31)</c>. The response ends early when the client disconnects.
/// </summary>
internal static class StreamEndpoint
{
    private static readonly byte[] Block = MakeBlock();

    public static void MapStream(this IEndpointRouteBuilder app) => app.MapGet("/stream", HandleAsync);

    private static async Task HandleAsync(HttpContext context)
    {
        if (!Query.TryReadCount(context, "bytes", long.MaxValue, out long bytes))
        {
            await Query.RefuseAsync(context, "bytes", long.MaxValue);
            return;
        }

        long flushed = Block.Length;
        if (context.Request.Query.ContainsKey("flush")
            && (!Query.TryReadCount(context, "flush", Block.Length, out flushed) || flushed == 0))
        {
            await Query.RefuseAsync(context, "flush", Block.Length);
            return;
        }

        context.Response.ContentType = "application/octet-stream";
        context.Response.ContentLength = bytes;
        PipeWriter writer = context.Response.BodyWriter;
        for (long left = bytes; left > 0; left -= flushed)
        {
            // Kestrel discards bytes for a client that has disconnected. Without this check, the loop would continue to its end.
            if (context.RequestAborted.IsCancellationRequested)
            {
                return;
            }

            FlushResult flush = await writer.WriteAsync(Block.AsMemory(0, (int)Math.Min(left, flushed)));
            if (flush.IsCompleted)
            {
                return;
            }
        }
    }

    private static byte[] MakeBlock()
    {
        byte[] block = new byte[64 * 1024];
        for (int i = 0; i < block.Length; i++)
        {
            block[i] = (byte)(i * 31);
        }

        return block;
    }
}
