using System.Globalization;

namespace WebApp.Live;

/// <summary>Reads the CPU time of this process by groups of threads. The kernel keeps 15 bytes of each thread name.</summary>
internal static class ThreadCpu
{
    /// <summary>Clock ticks per second in /proc: USER_HZ, 100 on every Linux architecture that .NET supports.</summary>
    private const double TicksPerSecond = 100;

    /// <summary>Returns the seconds of CPU time of each group of threads.</summary>
    /// <param name="groupOf">Returns the group of a thread's name; null for none.</param>
    public static Dictionary<string, double> Read(Func<string, string?> groupOf)
    {
        Dictionary<string, double> groups = new Dictionary<string, double>(StringComparer.Ordinal);
        foreach (string folder in Directory.EnumerateDirectories("/proc/self/task"))
        {
            try
            {
                if (groupOf(File.ReadAllText(folder + "/comm").TrimEnd()) is { } group)
                {
                    groups[group] = groups.GetValueOrDefault(group) + SecondsOf(File.ReadAllText(folder + "/stat"));
                }
            }
            catch (Exception gone) when (gone is IOException or UnauthorizedAccessException)
            {
                // The thread has ended.
            }
        }

        return groups;
    }

    /// <summary>
    /// Returns the sum of the fields utime and stime of proc(5). The name may contain any character; it ends at the last parenthesis.
    /// </summary>
    internal static double SecondsOf(string stat)
    {
        string[] fields = stat[(stat.LastIndexOf(')') + 2)..].Split(' ');
        (string user, string system) = (fields[11], fields[12]);
        return (long.Parse(user, CultureInfo.InvariantCulture) + long.Parse(system, CultureInfo.InvariantCulture)) / TicksPerSecond;
    }
}
