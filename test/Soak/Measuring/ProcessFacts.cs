using System.Globalization;

namespace Soak.Measuring;

/// <summary>What /proc tells of a process.</summary>
internal static class ProcessFacts
{
    /// <returns>PSS and RSS in bytes.</returns>
    public static (long Pss, long Rss) Memory(int process)
    {
        long pss = 0;
        long rss = 0;
        foreach (string line in File.ReadLines($"/proc/{process}/smaps_rollup"))
        {
            if (line.StartsWith("Pss:", StringComparison.Ordinal))
            {
                pss = Kibibytes(line);
            }
            else if (line.StartsWith("Rss:", StringComparison.Ordinal))
            {
                rss = Kibibytes(line);
            }
        }

        return (pss, rss);
    }

    public static int Threads(int process) => Directory.GetDirectories($"/proc/{process}/task").Length;

    /// <summary>
    /// Counts by kind: socket, pipe, anon_inode:[eventpoll], and "file" for all regular files, or "served file" below a folder.
    /// </summary>
    public static IReadOnlyDictionary<string, int> Descriptors(int process, string? served)
    {
        SortedDictionary<string, int> kinds = new SortedDictionary<string, int>(StringComparer.Ordinal);
        foreach (string link in Directory.GetFiles($"/proc/{process}/fd"))
        {
            string? target;
            try
            {
                target = new FileInfo(link).LinkTarget;
            }
            catch (IOException)
            {
                continue;   // closed since it was listed
            }

            if (target is not null)
            {
                string kind = Kind(target, served);
                kinds[kind] = kinds.GetValueOrDefault(kind) + 1;
            }
        }

        return kinds;
    }

    private static string Kind(string target, string? served)
    {
        if (target.StartsWith('/'))
        {
            // The root of the tree itself stays open for as long as it is served.
            return served is not null && target.StartsWith(served + "/", StringComparison.Ordinal) ? "served file" : "file";
        }

        return target.StartsWith("anon_inode:", StringComparison.Ordinal) ? target : target.Split(':')[0];
    }

    private static long Kibibytes(string line)
        => 1024 * long.Parse(line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[1], CultureInfo.InvariantCulture);
}
