using System.Diagnostics;
using Bench.Load;
using Bench.Servers;

namespace Bench.Measuring;

/// <summary>Watches a server, its client and their processors while a load runs.</summary>
internal sealed class Window
{
    private readonly Server _server;
    private readonly Cpus _serverCpus;
    private readonly int _strangersBefore;
    private readonly IReadOnlyDictionary<int, long> _switchesBefore;
    private readonly CoreLoad _coreBefore;
    private readonly TimeSpan _cpuBefore;
    private readonly long _opened;
    private ILoadControl? _client;
    private double _serverBusy;
    private double? _clientBusy;

    private Window(Server server, Cpus serverCpus)
    {
        (_server, _serverCpus) = (server, serverCpus);
        _strangersBefore = Listeners.Strangers(server.EndPoint, server.ProcessIds);
        _switchesBefore = Bench.Measuring.ContextSwitches.Read(server.ProcessIds);
        _coreBefore = CoreLoad.Read(serverCpus);
        _opened = Stopwatch.GetTimestamp();
        _cpuBefore = CpuClock.ReadAll(server.ProcessIds);
    }

    public static Window Open(Server server, Cpus serverCpus) => new(server, serverCpus);

    public void OnClientStarted(ILoadControl client) => _client = client;

    /// <summary>Compares CPU time against the clock in the middle half of the load, when nobody is starting or ending.</summary>
    public async Task WatchAsync(TimeSpan duration, Task load, CancellationToken cancellation)
    {
        await Task.WhenAny(load, Task.Delay(duration / 4, cancellation));
        long from = Stopwatch.GetTimestamp();
        TimeSpan server = CpuClock.ReadAll(_server.ProcessIds);
        TimeSpan? client = _client is { } running ? CpuClock.Read(running.ProcessId) : null;

        await Task.WhenAny(load, Task.Delay(duration / 2, cancellation));
        TimeSpan elapsed = Stopwatch.GetElapsedTime(from);
        _serverBusy = (CpuClock.ReadAll(_server.ProcessIds) - server) / elapsed / _serverCpus.Numbers.Count;
        if (client is { } before && CpuClock.Read(_client!.ProcessId) is { } after)
        {
            _clientBusy = (after - before) / elapsed / Cpus.Client.Numbers.Count;
        }
    }

    public WindowUse Close()
    {
        TimeSpan cpu = CpuClock.ReadAll(_server.ProcessIds) - _cpuBefore;
        TimeSpan elapsed = Stopwatch.GetElapsedTime(_opened) * _serverCpus.Numbers.Count;
        CoreLoad core = CoreLoad.Read(_serverCpus) - _coreBefore;
        long switches = Bench.Measuring.ContextSwitches.Between(_switchesBefore, Bench.Measuring.ContextSwitches.Read(_server.ProcessIds));

        // Where server and client share processors, nobody can tell the client's time from a stranger's.
        bool shared = _serverCpus.Numbers.Intersect(Cpus.Client.Numbers).Any();
        return new WindowUse(
            _server.EndPoint, cpu, switches, _serverBusy, _clientBusy,
            OthersBusy: shared ? 0 : Math.Max(0, (core.Busy - cpu) / elapsed),
            Stolen: core.Stolen / elapsed,
            Strangers: Math.Max(_strangersBefore, Listeners.Strangers(_server.EndPoint, _server.ProcessIds)));
    }
}
