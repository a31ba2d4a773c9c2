using System.Diagnostics;
using Bench.Load;
using Bench.Servers;

namespace Bench.Measuring;

/// <summary>Observes a server, its load generator and their processors while a load runs.</summary>
internal sealed class Window
{
    private readonly Server _server;
    private readonly CorePlacement _cores;
    private readonly int _strangersBefore;
    private readonly IReadOnlyDictionary<int, long> _switchesBefore;
    private readonly CoreLoad _coreBefore;
    private readonly TimeSpan _cpuBefore;
    private readonly long _opened;
    private ILoadControl? _client;
    private double _serverBusy;
    private double? _clientBusy;

    private Window(Server server)
    {
        (_server, _cores) = (server, server.Cores);
        _strangersBefore = Listeners.Strangers(server.EndPoint, server.ProcessIds);
        _switchesBefore = ContextSwitches.Read(server.ProcessIds);
        _coreBefore = CoreLoad.Read(_cores.Server);
        _opened = Stopwatch.GetTimestamp();
        _cpuBefore = CpuClock.ReadAll(server.ProcessIds);
    }

    /// <summary>Starts to observe a server.</summary>
    public static Window Open(Server server) => new(server);

    public void OnClientStarted(ILoadControl client) => _client = client;

    /// <summary>Compares CPU time with elapsed time in the middle half of the load, away from its start and its end.</summary>
    public async Task WatchAsync(TimeSpan duration, Task load, CancellationToken cancellation)
    {
        await Task.WhenAny(load, Task.Delay(duration / 4, cancellation));
        long from = Stopwatch.GetTimestamp();
        TimeSpan server = CpuClock.ReadAll(_server.ProcessIds);
        TimeSpan? client = _client is { } running ? CpuClock.Read(running.ProcessId) : null;

        await Task.WhenAny(load, Task.Delay(duration / 2, cancellation));
        TimeSpan elapsed = Stopwatch.GetElapsedTime(from);
        _serverBusy = (CpuClock.ReadAll(_server.ProcessIds) - server) / elapsed / _cores.Server.Numbers.Count;
        if (client is { } before && CpuClock.Read(_client!.ProcessId) is { } after)
        {
            _clientBusy = (after - before) / elapsed / _cores.Client.Numbers.Count;
        }
    }

    /// <summary>Ends the observation.</summary>
    public WindowUse Close()
    {
        TimeSpan cpu = CpuClock.ReadAll(_server.ProcessIds) - _cpuBefore;
        TimeSpan elapsed = Stopwatch.GetElapsedTime(_opened) * _cores.Server.Numbers.Count;
        CoreLoad core = CoreLoad.Read(_cores.Server) - _coreBefore;
        long switches = ContextSwitches.Between(_switchesBefore, ContextSwitches.Read(_server.ProcessIds));

        // Where server and client share processors, /proc/stat cannot tell the client's time from that of other processes.
        return new WindowUse(
            _server.EndPoint, cpu, switches, _serverBusy, _clientBusy,
            OthersBusy: _cores.Apart ? Math.Max(0, (core.Busy - cpu) / elapsed) : 0,
            Stolen: core.Stolen / elapsed,
            Strangers: Math.Max(_strangersBefore, Listeners.Strangers(_server.EndPoint, _server.ProcessIds)));
    }
}
