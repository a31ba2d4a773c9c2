using FileAio.Composition;
using FileAio.Diagnostics;
using FileAio.Files;
using FileAio.Http;

namespace FileAio.Sending;

/// <summary>
/// Sends the cached part of a range by sendfile(2), chunk by chunk, without copying it through the process or reading it into a buffer.
/// Each chunk is looked up just before it is sent. Chunks that are not cached are left to an engine, so no thread waits for the disk,
/// except for a page that is evicted in between.
/// </summary>
internal sealed class KernelSender(OpenedFile file, FileServing serving, ResponseBody body)
{
    /// <summary>Up to this size a read into the pipe is cheaper, because it is sent in one call with the header.</summary>
    public const int MostRead = 16 * 1024;

    /// <summary>The number of bytes that an engine reads before the page cache is checked again, at first.</summary>
    public const long FirstCold = 2 << 20;

    /// <summary>The same after many misses, because each check interrupts the engine's read-ahead.</summary>
    public const long MostCold = 64 << 20;

    /// <summary>A larger flush is awaited before the last one, whose minimum rate allows for about this much.</summary>
    private const long MostInLastFlush = 1 << 20;

    /// <summary>
    /// Sends the range. Returns <see cref="SendEnd.NotCached"/> if the next chunk is not cached, or the transport declines.
    /// </summary>
    public async ValueTask<SendOutcome> SendAsync(ByteRange range)
    {
        int chunk = body.Limit is null ? serving.Options.SendFileMaxChunk : body.ChunkSize;
        bool isAuto = serving.Options.SendFile == SendFileMode.Auto;
        try
        {
            for (long position = range.Start; ;)
            {
                int count = (int)Math.Min(chunk, range.End - position);
                if (isAuto && !file.IsCached(position, count))
                {
                    FileMetrics.SendFileMissed();
                    return new SendOutcome(SendEnd.NotCached, position);
                }

                await body.StartAsync().ConfigureAwait(false);
                if (!body.TryAppend(file.Handle, position, count))
                {
                    return new SendOutcome(SendEnd.NotCached, position);
                }

                FileMetrics.SentByKernel(count);
                position += count;
                if (position == range.End && body.Unflushed <= MostInLastFlush)
                {
                    return new SendOutcome(SendEnd.Sent, position);
                }

                if (!await body.FlushAsync(mayBeInline: false).ConfigureAwait(false))
                {
                    return new SendOutcome(SendEnd.ClientGone, position);
                }

                if (position == range.End)
                {
                    return new SendOutcome(SendEnd.Sent, position);
                }

                await body.YieldAtLimitAsync(mayBeInline: false).ConfigureAwait(false);
            }
        }
        catch (OperationCanceledException)
        {
            return new SendOutcome(SendEnd.ClientGone, range.Start);
        }
    }
}
