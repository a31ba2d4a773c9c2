using System.Diagnostics;
using System.Globalization;
using Bench.Load;
using Bench.Servers;

namespace Bench.Measuring;

/// <summary>Events of a process counted by perf(1) for as long as the counting runs.</summary>
internal sealed class PerfStat : IAsyncDisposable
{
    public const string SystemCalls = "raw_syscalls:sys_enter";
    public const string UserInstructions = "instructions:u";
    public const string KernelInstructions = "instructions:k";

    private readonly Process _perf;

    private PerfStat(Process perf) => _perf = perf;

    /// <summary>Starts to count; null where perf is not there.</summary>
    public static async Task<PerfStat?> StartAsync(IEnumerable<int> processes, params IEnumerable<string> events)
    {
        if (!Tool.Perf.IsHere)
        {
            return null;
        }

        // Its threads are attached to one after another; the load begins when all are, or the first requests go uncounted.
        Process process = ChildProcess.Start(
            Cpus.Client.Pin("perf", "stat", "-x", ",", "-p", string.Join(',', processes), "-e", string.Join(',', events)));
        await Task.Delay(TimeSpan.FromMilliseconds(300));
        return new PerfStat(process);
    }

    /// <summary>Events that this machine can count, of those asked for: a virtual machine often has no instruction counter.</summary>
    public static async Task<IReadOnlySet<string>> SupportedAsync(params string[] events)
    {
        await using PerfStat? probe = await StartAsync([Environment.ProcessId], events);
        return probe is null ? new HashSet<string>() : [.. (await probe.StopAsync()).Keys];
    }

    /// <summary>Stops counting. An event that could not be counted is absent.</summary>
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

    private const int SigInt = 2;
}
