using FileAio.Buffers;
using FileAio.Composition;
using FileAio.Files;
using FileAio.Http;
using FileAio.Interop;
using FileAio.Reading;
using Microsoft.AspNetCore.Http;

namespace FileAio.Sending;

/// <summary>
/// Sends a range through the page cache. Cached bytes are read at once into the response pipe (RWF_NOWAIT does not wait for the disk).
/// Other bytes are read by an engine, into a buffer. So a cached file needs no thread switch, and an uncached file blocks no thread.
/// </summary>
internal sealed class CachedSender(OpenedFile file, FileServing serving, ResponseBody body, HttpContext context)
{
    private readonly CachedReader _reader = new(file, serving.Options.Aio == AioMode.Off);

    public async ValueTask<SendOutcome> SendAsync(ByteRange range)
    {
        int size = body.ChunkSize;
        if (serving.Options.ReadAhead && range.Length > size)
        {
            Libc.AdviseSequential(file.Descriptor);
        }

        await body.StartAsync().ConfigureAwait(false);
        for (long position = range.Start; ;)
        {
            int want = (int)Math.Min(size, range.End - position);
            SysResult read = file.TakeCold() ? SysResult.Error(Errno.EAGAIN) : ReadNow(position, want);
            if (read.Value == -Errno.EAGAIN)
            {
                read = await ReadColdAsync(position, want).ConfigureAwait(false);
            }

            if (read.Value == -Errno.EAGAIN)
            {
                return new SendOutcome(SendEnd.Busy, position);
            }

            if (read.IsError)
            {
                return new SendOutcome(SendEnd.Failed, position, read);
            }

            if (read.Value == 0)
            {
                return new SendOutcome(SendEnd.Shrank, position);
            }

            position += read.Value;
            // FileSender flushes the rest. After a response has started, Kestrel does not flush it until another write does.
            if (position == range.End)
            {
                return new SendOutcome(SendEnd.Sent, position);
            }

            if (!await FlushAsync().ConfigureAwait(false))
            {
                return new SendOutcome(SendEnd.ClientGone, position);
            }
        }
    }

    /// <summary>Sends the cached beginning of the range. Returns <see cref="SendEnd.NotCached"/> if it is not the whole range.</summary>
    /// <remarks>
    /// On a miss, a read with RWF_NOWAIT still starts reading pages into the cache. On Linux 6.18 it reads 1 page for 1 byte, and 32 to 128
    /// pages for 128 KiB (measured). So one byte at a random offset of the range is probed first. Earlier probes seldom make a later one
    /// succeed, and an uncached file gains only one page per request.
    /// </remarks>
    public async ValueTask<SendOutcome> SendWhatIsCachedAsync(ByteRange range)
    {
        if (!_reader.IsCached(Random.Shared.NextInt64(range.Start, range.End)))
        {
            return new SendOutcome(SendEnd.NotCached, range.Start);
        }

        int size = body.ChunkSize;
        await body.StartAsync().ConfigureAwait(false);
        for (long position = range.Start; ;)
        {
            SysResult read = ReadNow(position, (int)Math.Min(size, range.End - position));
            // The direct read reports the error.
            if (read.Value <= 0)
            {
                return new SendOutcome(SendEnd.NotCached, position);
            }

            position += read.Value;
            if (position == range.End)
            {
                return new SendOutcome(SendEnd.Sent, position);
            }

            if (!await FlushAsync().ConfigureAwait(false))
            {
                return new SendOutcome(SendEnd.ClientGone, position);
            }
        }
    }

    private async ValueTask<bool> FlushAsync()
    {
        if (!await body.FlushAsync().ConfigureAwait(false))
        {
            return false;
        }

        await body.YieldAtLimitAsync().ConfigureAwait(false);
        return true;
    }

    /// <summary>Reads cached bytes into the pipe without waiting. Returns −EAGAIN on a page-cache miss.</summary>
    private SysResult ReadNow(long position, int want)
    {
        if (!_reader.CanRead)
        {
            return SysResult.Error(Errno.EAGAIN);
        }

        SysResult read = _reader.Read(body.GetSpan(want), position);
        if (read.Value > 0)
        {
            body.Advance((int)read.Value);
        }

        return read;
    }

    private async ValueTask<SysResult> ReadColdAsync(long position, int want)
    {
        AlignedBufferPool pool = serving.Runtime.Buffers;
        AlignedBuffer? buffer = pool.TryRent(want)
            ?? await pool.RentAsync(want, serving.Options.QueueTimeout, context.RequestAborted).ConfigureAwait(false);
        if (buffer is null)
        {
            return SysResult.Error(Errno.EAGAIN);
        }

        try
        {
            SysResult read = await buffer.Read.StartAsync(serving.Runtime.BufferedOf(context.Features), file.Descriptor, buffer.Address,
                want, position, body.IsInline).ConfigureAwait(false);
            if (read.Value > 0)
            {
                await body.WriteAsync(buffer.Memory[..(int)read.Value]).ConfigureAwait(false);
            }

            return read;
        }
        finally
        {
            pool.Return(buffer);
        }
    }
}
