using Microsoft.AspNetCore.Http;

namespace Test.Shared;

/// <summary>What the servers of the suite answer.</summary>
public static class TestApp
{
    public static Task HelloAsync(HttpContext context)
    {
        context.Response.ContentType = "text/plain";
        context.Response.ContentLength = 13;
        return context.Response.Body.WriteAsync("Hello, World!"u8.ToArray()).AsTask();
    }

    /// <summary>The body back, as it comes.</summary>
    public static async Task EchoAsync(HttpContext context)
    {
        context.Response.ContentLength = context.Request.ContentLength;
        await context.Request.Body.CopyToAsync(context.Response.Body, context.RequestAborted);
    }

    /// <summary>/bytes/N: N bytes whose value says where they belong.</summary>
    public static async Task BytesAsync(HttpContext context)
    {
        long left = long.Parse(context.Request.Path.Value!.Split('/')[^1], System.Globalization.CultureInfo.InvariantCulture);
        context.Response.ContentLength = left;
        long at = 0L;
        while (left > 0)
        {
            Span<byte> span = context.Response.BodyWriter.GetMemory(4096).Span;
            int count = (int)Math.Min(span.Length, left);
            for (int i = 0; i < count; i++)
            {
                span[i] = Pattern(at + i);
            }

            context.Response.BodyWriter.Advance(count);
            at += count;
            left -= count;
            if ((await context.Response.BodyWriter.FlushAsync(context.RequestAborted)).IsCompleted)
            {
                return;
            }
        }
    }

    /// <summary>A stream that repeats at no power of two: a block put in the wrong place shows.</summary>
    public static byte Pattern(long at) => (byte)(at * 31 + (at >> 8) * 7 + (at >> 16) * 13);

    public static byte[] PatternBytes(int count)
    {
        byte[] bytes = new byte[count];
        for (int i = 0; i < count; i++)
        {
            bytes[i] = Pattern(i);
        }

        return bytes;
    }

    public static async Task RouteAsync(HttpContext context)
    {
        string path = context.Request.Path.Value!;
        if (path.StartsWith("/bytes/", StringComparison.Ordinal))
        {
            await BytesAsync(context);
        }
        else if (path == "/echo")
        {
            await EchoAsync(context);
        }
        else
        {
            await HelloAsync(context);
        }
    }
}
