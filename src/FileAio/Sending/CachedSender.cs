using FileAio.Buffers;
using FileAio.Diagnostics;
using FileAio.Files;
using FileAio.Http;
using FileAio.Interop;
using Microsoft.AspNetCore.Http;

namespace FileAio.Sending;

/// <summary>
/// Sends a range through the page cache. What the cache holds is read at once into the response's pipe (RWF_NOWAIT: it never waits for the
/// disk); what it does not, by an engine, into a buffer. So a warm file costs no thread switch, and a cold one blocks nobody.
/// </summary>
internal sealed class CachedSender(OpenedFile file, FileServing serving, ResponseBody body, HttpContext context)
{
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
            SysResult read = ReadNow(position, want);
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
            // FileSender flushes what is left: Kestrel does not, once a response was started, until something else makes it.
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

    /// <summary>
    /// Sends what the page cache holds from the range's beginning on. <see cref="SendEnd.NotCached"/> where that is not all of it.
    /// <para>A read that does not wait still has the kernel bring in what it did not find, on Linux 6.18 a page for a byte, and 32 to 128
    /// pages for 128 KiB (measured). So first one byte is asked for, anywhere in the range: what earlier probes brought in seldom answers a
    /// later one, and a file nobody has cached stays out but for a page a request.</para>
    /// </summary>
    public async ValueTask<SendOutcome> SendWhatIsCachedAsync(ByteRange range)
    {
        if (!IsCached(Random.Shared.NextInt64(range.Start, range.End)))
        {
            return new SendOutcome(SendEnd.NotCached, range.Start);
        }

        int size = body.ChunkSize;
        await body.StartAsync().ConfigureAwait(false);
        for (long position = range.Start; ;)
        {
            SysResult read = ReadNow(position, (int)Math.Min(size, range.End - position));
            // Whatever is wrong with a read is for the direct one to find out.
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

        await body.TakeTurnsAsync().ConfigureAwait(false);
        return true;
    }

    private bool IsCached(long position)
    {
        Span<byte> one = stackalloc byte[1];
        if (!file.AllowsNoWait)
        {
            return false;
        }

        SysResult read = Libc.ReadNoWait(file.Descriptor, one, position);
        if (RefusesNoWait(read))
        {
            file.RefuseNoWait();
        }

        return read.Value > 0;
    }

    /// <summary>The filesystem does not support the flag, or a filter of system calls refuses preadv2: a plain pread tells what is true.</summary>
    private static bool RefusesNoWait(SysResult read) => read.Errno is Errno.EOPNOTSUPP or Errno.EINVAL or Errno.ENOSYS or Errno.EPERM;

    /// <summary>Reads into the pipe what can be had without waiting; −EAGAIN where nothing can.</summary>
    private SysResult ReadNow(long position, int want)
    {
        bool mayWait = file.Device.InMemory || serving.Options.Aio == AioMode.Off;
        if (!mayWait && !file.AllowsNoWait)
        {
            return SysResult.Error(Errno.EAGAIN);
        }

        Span<byte> memory = body.GetSpan(want);
        SysResult read = mayWait ? Libc.Read(file.Descriptor, memory, position) : Libc.ReadNoWait(file.Descriptor, memory, position);
        if (!mayWait && RefusesNoWait(read))
        {
            file.RefuseNoWait();
            return SysResult.Error(Errno.EAGAIN);
        }

        if (read.Errno == Errno.EINTR)
        {
            return SysResult.Error(Errno.EAGAIN);
        }

        if (read.Value > 0)
        {
            body.Advance((int)read.Value);
            FileMetrics.ReadFromPageCache(read.Value);
        }
        return read;
    }

    private async ValueTask<SysResult> ReadColdAsync(long position, int want)
    {
        AlignedBufferPool pool = serving.Runtime.Buffers;
        AlignedBuffer? buffer = pool.TryRent(want) ?? await pool.RentAsync(want, serving.Options.QueueTimeout, context.RequestAborted).ConfigureAwait(false);
        if (buffer is null)
        {
            return SysResult.Error(Errno.EAGAIN);
        }

        try
        {
            SysResult read = await buffer.Read.StartAsync(serving.Runtime.Buffered, file.Descriptor, buffer.Address, want, position, body.IsInline).ConfigureAwait(false);
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
