using System.Diagnostics;
using Bench.Load;
using Bench.Measuring;
using Bench.Results;
using Bench.Servers;
using Bench.Works;

namespace Bench.Running;

/// <summary>One side of a <see cref="SlicedPair"/>: a server, its load generator, and what they used in each slice.</summary>
internal sealed class SlicedSide(LoadWork work, Server server, AcceptanceRules acceptance)
{
    private readonly TaskCompletionSource<ILoadControl> _started = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly List<SliceTimes> _slices = [];
    private Task<LoadResult>? _load;
    private LoadResult? _result;
    private ILoadControl? _client;
    private SelfReport? _before;
    private IReadOnlyDictionary<int, long> _switches = new Dictionary<int, long>();
    private TimeSpan _cpuBefore;
    private TimeSpan _clientCpu;
    private TimeSpan _active;

    /// <summary>CPU time of the server from before its load to after it.</summary>
    public TimeSpan Cpu { get; private set; }

    public IReadOnlyList<SliceTimes> Slices => _slices;

    public async Task PrepareAsync(CancellationToken cancellation)
    {
        server.Thaw();
        _before = await server.AskAsync(cancellation);
        _switches = ContextSwitches.Read(server.ProcessIds);
        _cpuBefore = CpuClock.ReadAll(server.ProcessIds);
    }

    /// <summary>Starts the load, lets it connect, and pauses it.</summary>
    public async Task StartAsync(TimeSpan whole, CancellationToken cancellation)
    {
        _load = work.Load.RunAsync(server, whole, client => _started.TrySetResult(client), cancellation);
        await Task.WhenAny(_load, _started.Task).WaitAsync(cancellation);
        if (!_started.Task.IsCompleted)
        {
            await _load;   // the load ended before it started, which is an exception or an error in its result
            throw new InvalidOperationException($"The load of {work.Name} did not start.");
        }

        _client = await _started.Task;
        await Task.WhenAny(_load, Task.Delay(TimeSpan.FromMilliseconds(150), cancellation));
        Pause();
    }

    public async Task RunSliceAsync(TimeSpan slice, CancellationToken cancellation)
    {
        long from = Stopwatch.GetTimestamp();
        long bytes = LoopbackTraffic.ReadBytes();
        TimeSpan cpu = CpuClock.ReadAll(server.ProcessIds);
        TimeSpan? clientCpu = CpuClock.Read(_client!.ProcessId);

        server.Thaw();
        _client.Resume();
        await Task.Delay(slice, cancellation);
        Pause();

        _slices.Add(new SliceTimes(CpuClock.ReadAll(server.ProcessIds) - cpu, LoopbackTraffic.ReadBytes() - bytes));
        _clientCpu += (CpuClock.Read(_client.ProcessId) - clientCpu) ?? TimeSpan.Zero;
        _active += Stopwatch.GetElapsedTime(from);
    }

    /// <summary>Lets server and client run to the end of the load, so that the client can report its result.</summary>
    public void Release()
    {
        server.Thaw();
        _client?.Resume();
    }

    public async Task FinishAsync()
    {
        _result = await _load!;
        Cpu = CpuClock.ReadAll(server.ProcessIds) - _cpuBefore;
    }

    /// <param name="counted">The slices that count for CPU time per request.</param>
    /// <param name="others">The share of the server's processors that other processes used.</param>
    /// <param name="stolen">The share of them that the hypervisor took.</param>
    /// <param name="cancellation">Cancels the request for the server's statistics.</param>
    public async Task<Cell> ToCellAsync(IReadOnlyList<SliceTimes> counted, double others, double stolen, CancellationToken cancellation)
    {
        long switches = ContextSwitches.Between(_switches, ContextSwitches.Read(server.ProcessIds));
        SelfReport? after = await server.AskAsync(cancellation);
        MemoryUse memory = MemoryUse.Read(server.ProcessIds);
        TimeSpan inSlices = TimeSpan.FromMicroseconds(_slices.Sum(slice => slice.Cpu.TotalMicroseconds));
        WindowUse use = new WindowUse(
            server.EndPoint, Cpu, switches, inSlices / _active / server.Cores.Server.Numbers.Count,
            _clientCpu / _active / server.Cores.Client.Numbers.Count, others, stolen,
            Listeners.Strangers(server.EndPoint, server.ProcessIds));
        server.Freeze();

        double requests = Math.Max(_result!.Requests, 1.0);
        return new Cell
        {
            Server = server.Name,
            Work = work.Name,
            Refused = acceptance.Judge(_result, use)
                ?? (counted.Count == 0 ? $"fewer than {SliceTimes.MinimumSlices} slices had requests" : null),
            Seconds = _active.TotalSeconds,
            Requests = _result.Requests,
            CpuPerRequest = counted.Count == 0 ? null
                : Cpu.TotalMicroseconds / requests * SliceTimes.PerByte(counted) / SliceTimes.PerByte(_slices),
            ContextSwitchesPerRequest = switches / requests,
            AllocatedBytesPerRequest = (after?.Process.AllocatedBytes - _before?.Process.AllocatedBytes) / requests,
            Collections = after?.Process.Collections[0] - _before?.Process.Collections[0],
            ProportionalMemory = memory.Proportional,
            ResidentMemory = memory.Resident,
            ServerBusy = use.ServerBusy,
            ClientBusy = use.ClientBusy,
        };
    }

    private void Pause()
    {
        _client!.Pause();
        server.Freeze();
    }
}
