using System.Globalization;
using Microsoft.Win32.SafeHandles;

namespace Bench.Files;

/// <summary>The kernel's cache of file pages.</summary>
internal static class PageCache
{
    private const string DropCaches = "/proc/sys/vm/drop_caches";

    public static long ReadBytes() => 1024 * long.Parse(
        File.ReadLines("/proc/meminfo").First(line => line.StartsWith("Cached:", StringComparison.Ordinal)).Split(' ', StringSplitOptions.RemoveEmptyEntries)[1],
        CultureInfo.InvariantCulture);

    /// <summary>Brings files in, for servers that would read past it.</summary>
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

    /// <summary>Empties it. Only root may.</summary>
    /// <returns>Why it could not; null when it could.</returns>
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
