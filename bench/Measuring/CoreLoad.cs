using System.Globalization;
using Bench.Servers;

namespace Bench.Measuring;

/// <summary>The time that processors were busy, by /proc/stat. It includes the work of other processes.</summary>
/// <param name="Busy">Time spent neither idle nor waiting for I/O.</param>
/// <param name="Stolen">Time that the hypervisor gave to other machines.</param>
internal readonly record struct CoreLoad(TimeSpan Busy, TimeSpan Stolen)
{
    /// <summary>USER_HZ, the unit of /proc: 100 per second on every architecture that .NET supports.</summary>
    private const double TicksPerSecond = 100;

    public static CoreLoad Read(Cpus cpus)
    {
        (long busy, long stolen) = (0L, 0L);
        foreach (string line in File.ReadLines("/proc/stat"))
        {
            string[] columns = line.Split(' ', StringSplitOptions.RemoveEmptyEntries);
            if (!columns[0].StartsWith("cpu", StringComparison.Ordinal) || columns[0].Length == 3)
            {
                continue;
            }

            if (!cpus.Numbers.Contains(int.Parse(columns[0].AsSpan(3), CultureInfo.InvariantCulture)))
            {
                continue;
            }

            // user nice system idle iowait irq softirq steal
            long[] ticks = columns[1..9].Select(column => long.Parse(column, CultureInfo.InvariantCulture)).ToArray();
            busy += ticks[0] + ticks[1] + ticks[2] + ticks[5] + ticks[6];
            stolen += ticks[7];
        }

        return new CoreLoad(TimeSpan.FromSeconds(busy / TicksPerSecond), TimeSpan.FromSeconds(stolen / TicksPerSecond));
    }

    public static CoreLoad operator -(CoreLoad after, CoreLoad before) => new(after.Busy - before.Busy, after.Stolen - before.Stolen);
}
