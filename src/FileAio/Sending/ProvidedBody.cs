using System.Buffers;
using FileAio.Composition;
using FileAio.Diagnostics;
using FileAio.Http;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.FileProviders;

namespace FileAio.Sending;

/// <summary>
/// Sends ranges of a provider's file that has no physical path, such as an embedded resource, from its stream, on the request's thread. One
/// buffer is in memory at a time. Engines, direct reads and SendTimeout do not apply.
/// </summary>
internal sealed class ProvidedBody(HttpContext context, IFileInfo file, FileServing serving)
{
    private const int BufferSize = 64 * 1024;

    private readonly RateLimit? _limit = LimitOf(context, serving);

    /// <summary>
    /// Sends the ranges, with the header of each part if there are several. If the announced bytes cannot be sent, the connection is
    /// closed.
    /// </summary>
    public async Task SendAsync(List<ByteRange> ranges, MultipartByteRanges? frame)
    {
        byte[] buffer = ArrayPool<byte>.Shared.Rent(BufferSize);
        try
        {
            for (int i = 0; i < ranges.Count; i++)
            {
                if (frame is not null)
                {
                    context.Response.BodyWriter.Write(frame.Head(i).Span); // sent with the first bytes of the part
                }

                if (!await SendAsync(ranges[i], buffer))
                {
                    serving.Logger.FileShrank(file.Name, file.Length, ranges[i].End);
                    context.Abort();
                    return;
                }
            }

            if (frame is not null)
            {
                // Not only written: after a response has started, Kestrel does not flush it until another write does.
                await context.Response.BodyWriter.WriteAsync(frame.Tail, context.RequestAborted);
            }
        }
        catch (OperationCanceledException) when (context.RequestAborted.IsCancellationRequested)
        {
            // The client disconnected.
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    /// <summary>Sends one range. Returns false if the stream ends before the range.</summary>
    private async Task<bool> SendAsync(ByteRange range, byte[] buffer)
    {
        await using Stream stream = file.CreateReadStream();
        long skip = range.Start;
        if (stream.CanSeek)
        {
            stream.Position = range.Start;
            skip = 0;
        }

        for (long left = skip + range.Length; left > 0;)
        {
            int got = await stream.ReadAsync(buffer.AsMemory(0, (int)Math.Min(buffer.Length, left)), context.RequestAborted);
            if (got == 0)
            {
                return false;
            }

            left -= got;
            int passed = (int)Math.Min(skip, got);
            skip -= passed;
            if (got > passed)
            {
                await context.Response.BodyWriter.WriteAsync(buffer.AsMemory(passed, got - passed), context.RequestAborted);
                await (_limit?.SentAsync(got - passed, context.RequestAborted) ?? default);
            }
        }

        return true;
    }

    private static RateLimit? LimitOf(HttpContext context, FileServing serving)
    {
        long rate = serving.Options.LimitRateOf?.Invoke(context) ?? serving.Options.LimitRate;
        return rate > 0 ? new RateLimit(rate, serving.Options.LimitRateAfter, serving.Time) : null;
    }
}
