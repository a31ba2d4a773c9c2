using System.Globalization;
using System.Runtime.InteropServices;
using Bench.Servers;

namespace Bench.Results;

/// <summary>The machine that a result was measured on.</summary>
internal sealed record Machine(string Processor, int Processors, string MemoryTotal, string Kernel, string OperatingSystem, string Runtime)
{
    public static Machine Read() => new(
        Field("/proc/cpuinfo", "model name") ?? RuntimeInformation.ProcessArchitecture.ToString(),
        Cpus.All.Numbers.Count,
        Gibibytes(Field("/proc/meminfo", "MemTotal")),
        File.ReadAllText("/proc/sys/kernel/osrelease").Trim(),
        Field("/etc/os-release", "PRETTY_NAME", '=')?.Trim('"') ?? RuntimeInformation.OSDescription,
        RuntimeInformation.FrameworkDescription);

    private static string? Field(string file, string name, char separator = ':') => File.ReadLines(file)
        .Where(line => line.StartsWith(name, StringComparison.Ordinal))
        .Select(line => line[(line.IndexOf(separator) + 1)..].Trim())
        .FirstOrDefault();

    private static string Gibibytes(string? kibibytes) => kibibytes is null
        ? "?"
        : $"{long.Parse(kibibytes.Split(' ')[0], CultureInfo.InvariantCulture) / 1024.0 / 1024.0:F0} GiB";
}
