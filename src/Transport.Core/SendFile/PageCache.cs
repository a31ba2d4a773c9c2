using Transport.Core.Interop;

namespace Transport.Core.SendFile;

/// <summary>Determines whether bytes of a file can be sent without waiting for the disk.</summary>
internal static class PageCache
{
    private static bool s_hasNoCacheStat;

    /// <summary>
    /// Returns true if the page cache holds the whole range. cachestat(2) takes 0.6 µs for 2 MiB (large folios; 20 µs on tmpfs) and reads
    /// nothing. Where it is not supported or not permitted, only the last byte is tested: sequential readers leave whole ranges. False if
    /// the kernel does not say.
    /// </summary>
    /// <param name="file">The file's descriptor.</param>
    /// <param name="offset">The offset of the first byte.</param>
    /// <param name="length">The number of bytes, at least 1.</param>
    public static bool Holds(int file, long offset, long length)
    {
        if (!Volatile.Read(ref s_hasNoCacheStat))
        {
            SysResult cached = CacheStat.CachedPages(file, offset, length);
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
