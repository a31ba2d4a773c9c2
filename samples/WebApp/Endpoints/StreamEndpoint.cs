using System.IO.Pipelines;

namespace WebApp.Endpoints;

/// <summary>
/// <c>GET /stream?bytes=N</c>: N bytes, the one at offset i within each 64 KiB being <c>(byte)(i * 31)</c>, until they are sent or the
/// client leaves.
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

        context.Response.ContentType = "application/octet-stream";
        context.Response.ContentLength = bytes;
        PipeWriter writer = context.Response.BodyWriter;
        for (long left = bytes; left > 0; left -= Block.Length)
        {
            // Kestrel discards what is written for a client that has gone: without this the loop would run to its end for nobody.
            if (context.RequestAborted.IsCancellationRequested)
            {
                return;
            }

            FlushResult flush = await writer.WriteAsync(Block.AsMemory(0, (int)Math.Min(left, Block.Length)));
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
