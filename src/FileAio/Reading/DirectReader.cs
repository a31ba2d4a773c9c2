using FileAio.Buffers;
using FileAio.Engines;
using FileAio.Files;

namespace FileAio.Reading;

/// <summary>Makes aligned reads and continues short reads.</summary>
internal sealed class DirectReader(OpenedFile file, int descriptor, IFileEngine engine, bool inline)
{
    // The limit of reads that return nothing new although the file continues; the filesystem is then broken. Network filesystems were seen
    // to need two. A guess.
    private const int Patience = 8;

    /// <summary>Starts a read. If this throws, the engine has not accepted it, and the buffer is still the caller's.</summary>
    public PendingRead Start(AlignedBuffer buffer, long position, int length) =>
        new(buffer, position, length, buffer.Read.StartAsync(engine, descriptor, buffer.Address, length, position, inline));

    /// <summary>Starts a read of one response alone. If this throws, the buffer has been returned.</summary>
    public PendingRead StartAlone(AlignedBufferPool pool, AlignedBuffer buffer, long position, int length)
    {
        try
        {
            return Start(buffer, position, length);
        }
        catch
        {
            pool.Return(buffer);
            throw;
        }
    }

    public ValueTask<SysResult> FinishAsync(PendingRead read, long end) =>
        FinishAsync(read.Buffer.Read, read.Buffer.Address, read.Position, read.Length, read.Result, end);

    /// <summary>Reads <paramref name="length"/> bytes, aligned, into <paramref name="address"/>.</summary>
    public ValueTask<SysResult> ReadAsync(FileRead read, nint address, long position, int length, long end) =>
        FinishAsync(read, address, position, length, read.StartAsync(engine, descriptor, address, length, position, inline), end);

    /// <summary>
    /// Returns the number of bytes from the read's position on: all that were requested, or up to <paramref name="end"/>. It is less only
    /// at the end of the file.
    /// </summary>
    private async ValueTask<SysResult> FinishAsync(FileRead read, nint address, long position, int length, ValueTask<SysResult> first,
        long end)
    {
        SysResult got = await first.ConfigureAwait(false);
        long have = 0, from = 0;
        int patience = Patience;
        while (true)
        {
            if (got.IsError)
            {
                return got;
            }

            bool progress = from + got.Value > have;
            have = Math.Max(have, from + got.Value);
            if (have >= length || position + have >= end)
            {
                return new SysResult((nint)have);
            }

            if (!progress)
            {
                if (FileFacts.Of(descriptor, out FileFacts now).IsError || now.Size <= position + have)
                {
                    return new SysResult((nint)have); // end of file
                }

                if (--patience == 0)
                {
                    return SysResult.Error(Errno.EIO);
                }
            }
            // A short read before the end of the file: read again from the last boundary.
            from = have & ~(file.DirectAlignment - 1L);
            got = await read.StartAsync(engine, descriptor, address + (nint)from, length - (int)from, position + from,
                inline).ConfigureAwait(false);
        }
    }
}
