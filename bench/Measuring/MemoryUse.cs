using System.Globalization;

namespace Bench.Measuring;

/// <summary>The memory of one or more processes.</summary>
/// <param name="Proportional">PSS in bytes: a page shared by n processes counts 1/n.</param>
/// <param name="Resident">RSS in bytes.</param>
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
