using System.Globalization;
using Bench.Interop;

namespace Bench.Servers;

/// <summary>A set of processors.</summary>
internal sealed record Cpus(IReadOnlyList<int> Numbers)
{
    private static readonly int[] Allowed = ReadAllowed();

    public static readonly Cpus First = new([Allowed[0]]);

    /// <summary>The second processor; the first where there is only one.</summary>
    public static readonly Cpus Second = new([Allowed[Math.Min(1, Allowed.Length - 1)]]);

    /// <summary>The first two processors; the first where there is only one.</summary>
    public static readonly Cpus FirstTwo = new([.. Allowed.Take(2)]);

    public static readonly Cpus All = new(Allowed);

    public string List => string.Join(',', Numbers);

    /// <summary>Returns the command line that runs a command on these processors, by taskset(1).</summary>
    public string[] Pin(params ReadOnlySpan<string> command) => ["taskset", "-c", List, .. command];

    /// <summary>Moves every thread of this process to these processors. New threads inherit the affinity of the thread that starts
    /// them.</summary>
    public unsafe void PinThisProcess()
    {
        Span<byte> mask = stackalloc byte[128];   // 1,024 processors: glibc's cpu_set_t
        foreach (int cpu in Numbers)
        {
            mask[cpu / 8] |= (byte)(1 << (cpu % 8));
        }

        fixed (byte* bits = mask)   // on this stack
        {
            foreach (string task in Directory.EnumerateDirectories("/proc/self/task"))
            {
                _ = Libc.sched_setaffinity(int.Parse(Path.GetFileName(task), CultureInfo.InvariantCulture), (nuint)mask.Length, bits);
            }
        }
    }

    private static int[] ReadAllowed()
    {
        string line = File.ReadLines("/proc/self/status").First(text => text.StartsWith("Cpus_allowed_list:", StringComparison.Ordinal));
        List<int> cpus = new List<int>();
        foreach (string range in line["Cpus_allowed_list:".Length..].Trim().Split(','))
        {
            int[] ends = range.Split('-').Select(end => int.Parse(end, CultureInfo.InvariantCulture)).ToArray();
            cpus.AddRange(Enumerable.Range(ends[0], ends[^1] - ends[0] + 1));
        }

        return [.. cpus];
    }
}
