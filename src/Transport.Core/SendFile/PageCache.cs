using Transport.Core.Interop;

namespace Transport.Core.SendFile;

/// <summary>Asks whether bytes of a file can be sent without waiting for the disk.</summary>
internal static class PageCache
{
    private static bool s_hasNoCacheStat;

    /// <summary>
    /// True where the page cache holds all of the range at this moment. cachestat(2) tells it in 0.6 µs for 2 MiB (large folios; 20 µs on
    /// tmpfs) and brings nothing in. Where it is missing or refused, the last byte stands for all: sequential readers leave whole ranges.
    /// False where the kernel does not tell.
    /// </summary>
    /// <param name="file">A descriptor.</param>
    /// <param name="offset">The first byte.</param>
    /// <param name="length">At least 1.</param>
    public static bool Holds(int file, long offset, long length)
    {
        if (!Volatile.Read(ref s_hasNoCacheStat))
        {
            SysResult cached = FileCalls.CachedPages(file, offset, length);
            if (!cached.IsError)
            {
                long page = Environment.SystemPageSize;
                return cached.Value > ((offset + length - 1) / page) - (offset / page);
            }

            if (cached.Errno == Errno.ENOSYS)
            {
                Volatile.Write(ref s_hasNoCacheStat, true);
            }
        }

        Span<byte> last = stackalloc byte[1];
        return FileCalls.ReadNoWait(file, last, offset + length - 1).Value > 0;
    }
}
