using System.Globalization;
using Bench.Interop;

namespace Bench.Servers;

/// <summary>Which processors a process may run on. With two or more, the server has the first and the load generator the second, so that
/// neither takes the other's time; with one they share it and the results say so.</summary>
internal sealed record Cpus(IReadOnlyList<int> Numbers)
{
    private static readonly List<int> Allowed = ReadAllowed();

    public static readonly Cpus Server = new([Allowed[0]]);

    public static readonly Cpus Client = new([Allowed[Math.Min(1, Allowed.Count - 1)]]);

    public static readonly Cpus All = new(Allowed);

    public static bool Apart => Allowed.Count > 1;

    /// <summary>What a result says where they could not be kept apart.</summary>
    public static IReadOnlyList<string> Together => Apart ? [] : ["server and client on processors of their own: there is only one"];

    public string List => string.Join(',', Numbers);

    /// <summary>The command, started under taskset.</summary>
    public string[] Pin(params ReadOnlySpan<string> command) => ["taskset", "-c", List, .. command];

    /// <summary>Moves every thread that this process has; those to come inherit it from the one that starts them.</summary>
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

    private static List<int> ReadAllowed()
    {
        string line = File.ReadLines("/proc/self/status").First(text => text.StartsWith("Cpus_allowed_list:", StringComparison.Ordinal));
        List<int> cpus = new List<int>();
        foreach (string range in line["Cpus_allowed_list:".Length..].Trim().Split(','))
        {
            int[] ends = range.Split('-').Select(end => int.Parse(end, CultureInfo.InvariantCulture)).ToArray();
            cpus.AddRange(Enumerable.Range(ends[0], ends[^1] - ends[0] + 1));
        }

        return cpus;
    }
}
