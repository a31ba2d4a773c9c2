using System.Globalization;

namespace Bench.Files;

/// <summary>The kernel's cache of file pages.</summary>
internal static class PageCache
{
    private const string DropCaches = "/proc/sys/vm/drop_caches";

    public static long ReadBytes() => 1024 * long.Parse(
        File.ReadLines("/proc/meminfo").First(line => line.StartsWith("Cached:", StringComparison.Ordinal)).Split(' ', StringSplitOptions.RemoveEmptyEntries)[1],
        CultureInfo.InvariantCulture);

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
