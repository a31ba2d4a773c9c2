using FileAio.Diagnostics;
using FileAio.Files;
using FileAio.Http;

namespace FileAio.Sending;

/// <summary>
/// Sends a range by sendfile(2), chunk by chunk, as far as the page cache holds it: neither copied through the process nor read into a
/// buffer. The chunk is asked about just before it is sent, so what is cold is left to an engine, and no thread waits for the disk, but for
/// a page that is evicted in between.
/// </summary>
internal sealed class KernelSender(OpenedFile file, FileServing serving, ResponseBody body)
{
    /// <summary>Up to here a read into the pipe is cheaper: it leaves in one call with the header.</summary>
    public const int MostRead = 16 * 1024;

    /// <summary>What is read by an engine before the page cache is asked again, at first.</summary>
    public const long FirstCold = 2 << 20;

    /// <summary>The same once much was cold: the engine's reads ahead have a gap each time.</summary>
    public const long MostCold = 64 << 20;

    /// <summary>A flush of more than this is waited for before the last one, whose minimum rate allows for about as much.</summary>
    private const long MostInLastFlush = 1 << 20;

    /// <summary><see cref="SendEnd.NotCached"/> where the page cache has no more of it, or the transport does not take it.</summary>
    public async ValueTask<SendOutcome> SendAsync(ByteRange range)
    {
        int chunk = body.Limit is null ? serving.Options.SendFileMaxChunk : body.ChunkSize;
        bool asks = serving.Options.SendFile == SendFileMode.Auto;
        try
        {
            for (long position = range.Start; ;)
            {
                int count = (int)Math.Min(chunk, range.End - position);
                if (asks && !file.IsCached(position, count))
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

                await body.TakeTurnsAsync(mayBeInline: false).ConfigureAwait(false);
            }
        }
        catch (OperationCanceledException)
        {
            return new SendOutcome(SendEnd.ClientGone, range.Start);
        }
    }
}
