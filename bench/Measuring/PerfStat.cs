using System.Diagnostics;
using System.Globalization;
using Bench.Load;
using Bench.Servers;

namespace Bench.Measuring;

/// <summary>Counts events of a process by perf-stat(1) until it is stopped.</summary>
internal sealed class PerfStat : IAsyncDisposable
{
    public const string SystemCalls = "raw_syscalls:sys_enter";
    public const string UserInstructions = "instructions:u";
    public const string KernelInstructions = "instructions:k";

    private const int SigInt = 2;

    private readonly Process _perf;

    private PerfStat(Process perf) => _perf = perf;

    /// <summary>Starts to count events of a server; returns null where perf is not installed.</summary>
    public static Task<PerfStat?> StartAsync(Server server, params IEnumerable<string> events) =>
        StartAsync(server.ProcessIds, server.Cores.Client, events);

    /// <summary>Starts to count events of processes; returns null where perf is not installed.</summary>
    private static async Task<PerfStat?> StartAsync(IEnumerable<int> processes, Cpus cpus, IEnumerable<string> events)
    {
        if (!Tool.Perf.IsHere)
        {
            return null;
        }

        // perf attaches to one thread after another. The load starts when it has attached to all of them.
        Process process = ChildProcess.Start(
            cpus.Pin("perf", "stat", "-x", ",", "-p", string.Join(',', processes), "-e", string.Join(',', events)));
        await Task.Delay(TimeSpan.FromMilliseconds(300));
        return new PerfStat(process);
    }

    /// <summary>Returns those of the given events that this machine can count.</summary>
    public static async Task<IReadOnlySet<string>> SupportedAsync(params string[] events)
    {
        await using PerfStat? probe = await StartAsync([Environment.ProcessId], Cpus.All, events);
        return probe is null ? new HashSet<string>() : [.. (await probe.StopAsync()).Keys];
    }

    /// <summary>Stops counting and returns the counts; an event that could not be counted is absent.</summary>
    public async Task<IReadOnlyDictionary<string, long>> StopAsync()
    {
        Task<string> errors = _perf.StandardError.ReadToEndAsync();
        _ = Interop.Libc.kill(_perf.Id, SigInt);   // perf stat prints its table when interrupted
        await _perf.WaitForExitAsync();

        Dictionary<string, long> counts = new Dictionary<string, long>();
        foreach (string line in (await errors).Split('\n'))
        {
            // count,unit,event,run time,percentage: "<not supported>" stands in place of a count
            string[] columns = line.Split(',');
            if (columns.Length > 2 && long.TryParse(columns[0], CultureInfo.InvariantCulture, out long count))
            {
                counts[columns[2]] = count;
            }
        }

        return counts;
    }

    public async ValueTask DisposeAsync()
    {
        if (!_perf.HasExited)
        {
            _perf.Kill();
            await _perf.WaitForExitAsync();
        }

        _perf.Dispose();
    }
}
