using System.Globalization;
using Microsoft.Win32.SafeHandles;

namespace Bench.Files;

/// <summary>Reads, fills and empties the page cache.</summary>
internal static class PageCache
{
    private const string DropCaches = "/proc/sys/vm/drop_caches";

    /// <summary>Returns the size of the page cache in bytes.</summary>
    public static long ReadBytes() => 1024 * long.Parse(
        File.ReadLines("/proc/meminfo").First(line => line.StartsWith("Cached:", StringComparison.Ordinal))
            .Split(' ', StringSplitOptions.RemoveEmptyEntries)[1],
        CultureInfo.InvariantCulture);

    /// <summary>Reads files into the page cache.</summary>
    public static void Fill(FileGroup files)
    {
        byte[] buffer = new byte[1 << 20];
        foreach (string path in files.Paths)
        {
            using SafeFileHandle file = File.OpenHandle(path);
            for ((long offset, int read) = (0L, 1); read > 0; offset += read)
            {
                read = RandomAccess.Read(file, buffer, offset);
            }
        }
    }

    /// <summary>Empties the page cache, which requires root.</summary>
    /// <returns>The reason of a failure; null when there was none.</returns>
    public static string? TryDrop()
    {
        try
        {
            File.WriteAllText(DropCaches, "3");
            return null;
        }
        catch (Exception refused) when (refused is UnauthorizedAccessException or IOException)
        {
            return $"{DropCaches}: {refused.Message}";
        }
    }
}
