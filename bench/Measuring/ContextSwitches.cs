using System.Globalization;

namespace Bench.Measuring;

/// <summary>Reads the context switches of the current threads of processes.</summary>
internal static class ContextSwitches
{
    /// <summary>
    /// Returns voluntary and involuntary context switches by thread, so that a thread that ends between two readings does not make the
    /// difference negative.
    /// </summary>
    public static IReadOnlyDictionary<int, long> Read(IEnumerable<int> processes)
    {
        Dictionary<int, long> switches = new Dictionary<int, long>();
        foreach (int process in processes)
        {
            foreach (int task in Tasks(process))
            {
                switches[task] = ReadTask(process, task);
            }
        }

        return switches;
    }

    public static long Between(IReadOnlyDictionary<int, long> before, IReadOnlyDictionary<int, long> after) =>
        after.Sum(task => task.Value - before.GetValueOrDefault(task.Key));

    private static IEnumerable<int> Tasks(int process)
    {
        try
        {
            return [.. Directory.EnumerateDirectories($"/proc/{process}/task")
                .Select(path => int.Parse(Path.GetFileName(path), CultureInfo.InvariantCulture))];
        }
        catch (DirectoryNotFoundException)
        {
            return [];
        }
    }

    private static long ReadTask(int process, int task)
    {
        try
        {
            return File.ReadLines($"/proc/{process}/task/{task}/status")
                .Where(line => line.Contains("ctxt_switches:", StringComparison.Ordinal))
                .Sum(line => long.Parse(line.AsSpan(line.IndexOf(':') + 1), NumberStyles.AllowLeadingWhite, CultureInfo.InvariantCulture));
        }
        catch (Exception gone) when (gone is IOException or UnauthorizedAccessException)
        {
            return 0;   // the thread ended after it was listed
        }
    }
}
