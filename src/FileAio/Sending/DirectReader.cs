using FileAio.Buffers;
using FileAio.Engines;
using FileAio.Files;

namespace FileAio.Sending;

/// <summary>Aligned reads that are continued where they come back short.</summary>
internal sealed class DirectReader(OpenedFile file, int descriptor, IFileEngine engine, bool inline)
{
    // A filesystem that keeps answering with nothing new, though the file goes on, is broken. Network filesystems have been seen to need
    // two. A guess.
    private const int Patience = 8;

    public PendingRead Start(AlignedBuffer buffer, long position, int length) =>
        new(buffer, position, length, buffer.Read.StartAsync(engine, descriptor, buffer.Address, length, position, inline));

    public ValueTask<SysResult> FinishAsync(PendingRead read, long end) => FinishAsync(read.Buffer.Read, read.Buffer.Address, read.Position, read.Length, read.Result, end);

    /// <summary>Reads <paramref name="length"/> bytes, aligned, to <paramref name="address"/>.</summary>
    public ValueTask<SysResult> ReadAsync(FileRead read, nint address, long position, int length, long end) =>
        FinishAsync(read, address, position, length, read.StartAsync(engine, descriptor, address, length, position, inline), end);

    /// <summary>
    /// The bytes that are there from the read's position on: all it asked for, or up to <paramref name="end"/>; fewer only where the file
    /// ends.
    /// </summary>
    private async ValueTask<SysResult> FinishAsync(FileRead read, nint address, long position, int length, ValueTask<SysResult> first, long end)
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
                    return new SysResult((nint)have); // the file ends here
                }

                if (--patience == 0)
                {
                    return SysResult.Error(Errno.EIO);
                }
            }
            // Short, and not the end: again from the last boundary.
            from = have & ~(file.DirectAlignment - 1L);
            got = await read.StartAsync(engine, descriptor, address + (nint)from, length - (int)from, position + from, inline).ConfigureAwait(false);
        }
    }

    public static SendOutcome Failure(SysResult reason, long position) => reason.Errno switch
    {
        Errno.EINVAL or Errno.EOPNOTSUPP => new SendOutcome(SendEnd.NotDirect, position, reason),
        Errno.EAGAIN => new SendOutcome(SendEnd.Busy, position, reason),
        _ => new SendOutcome(SendEnd.Failed, position, reason),
    };
}
