using System.Globalization;

namespace Bench.Measuring;

/// <summary>A process's memory.</summary>
/// <param name="Proportional">PSS: pages shared with other processes count in parts. Bytes.</param>
/// <param name="Resident">RSS: every page that is in memory. Bytes.</param>
internal sealed record MemoryUse(long Proportional, long Resident)
{
    public static MemoryUse Read(IEnumerable<int> processes)
    {
        (long proportional, long resident) = (0L, 0L);
        foreach (int process in processes)
        {
            foreach (string line in File.ReadLines($"/proc/{process}/smaps_rollup"))
            {
                if (line.StartsWith("Pss:", StringComparison.Ordinal))
                {
                    proportional += Bytes(line);
                }
                else if (line.StartsWith("Rss:", StringComparison.Ordinal))
                {
                    resident += Bytes(line);
                }
            }
        }

        return new MemoryUse(proportional, resident);
    }

    private static long Bytes(string line) =>
        1024 * long.Parse(line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[1], CultureInfo.InvariantCulture);
}
