using System.Diagnostics;
using Bench.Load;
using Bench.Measuring;
using Bench.Results;
using Bench.Servers;
using Bench.Works;

namespace Bench.Ab;

/// <summary>A server and its client, and what they did in the slices of time that they had.</summary>
internal sealed class SlicedSide(LoadWork work, Server server)
{
    private readonly TaskCompletionSource<ILoadControl> _started = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly List<(TimeSpan Cpu, long Bytes)> _slices = [];
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

    public async Task PrepareAsync(CancellationToken cancellation)
    {
        server.Thaw();
        _before = await server.AskAsync(cancellation);
        _switches = ContextSwitches.Read(server.ProcessIds);
        _cpuBefore = CpuClock.ReadAll(server.ProcessIds);
    }

    /// <summary>Starts the load, lets it connect, and halts it.</summary>
    public async Task StartAsync(TimeSpan whole, CancellationToken cancellation)
    {
        _load = work.Load.RunAsync(server, whole, client => _started.TrySetResult(client), cancellation);
        _client = await _started.Task.WaitAsync(cancellation);
        await Task.WhenAny(_load, Task.Delay(TimeSpan.FromMilliseconds(150), cancellation));
        Halt();
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
        Halt();

        _slices.Add((CpuClock.ReadAll(server.ProcessIds) - cpu, LoopbackTraffic.ReadBytes() - bytes));
        _clientCpu += (CpuClock.Read(_client.ProcessId) - clientCpu) ?? TimeSpan.Zero;
        _active += Stopwatch.GetElapsedTime(from);
    }

    /// <summary>Lets both run to the end of their time, to say what they saw.</summary>
    public void LetGo()
    {
        server.Thaw();
        _client?.Resume();
    }

    public async Task FinishAsync()
    {
        _result = await _load!;
        Cpu = CpuClock.ReadAll(server.ProcessIds) - _cpuBefore;
    }

    /// <summary>
    /// Slice by slice, in an unknown unit that is the same for all of a side's slices, and for both sides when their requests are equally
    /// long.
    /// </summary>
    public IEnumerable<double> CpuPerRequestBySlice()
    {
        // Bytes are to requests as the whole side's bytes are to its requests, whatever acknowledgements the model's timing adds.
        double cpu = _slices.Sum(slice => slice.Cpu.TotalMicroseconds);
        double bytes = _slices.Sum(slice => (double)slice.Bytes);
        double perRequest = Cpu.TotalMicroseconds / Math.Max(1, _result!.Requests);
        return _slices.Select(slice => perRequest * (slice.Cpu.TotalMicroseconds / slice.Bytes) / (cpu / bytes));
    }

    public async Task<Cell> ToCellAsync(double others, double stolen, CancellationToken cancellation)
    {
        long switches = ContextSwitches.Between(_switches, ContextSwitches.Read(server.ProcessIds));
        SelfReport? after = await server.AskAsync(cancellation);
        MemoryUse memory = MemoryUse.Read(server.ProcessIds);
        TimeSpan inSlices = TimeSpan.FromMicroseconds(_slices.Sum(slice => slice.Cpu.TotalMicroseconds));
        WindowUse use = new WindowUse(
            server.EndPoint, Cpu, switches, inSlices / _active, _clientCpu / _active, others, stolen,
            Listeners.Strangers(server.EndPoint, server.ProcessIds));
        server.Freeze();

        double requests = Math.Max(_result!.Requests, 1.0);
        return new Cell
        {
            Server = server.Name,
            Work = work.Name,
            Refused = Acceptance.Judge(_result, use),
            Seconds = _active.TotalSeconds,
            Requests = _result.Requests,
            CpuPerRequest = Cpu.TotalMicroseconds / requests,
            ContextSwitchesPerRequest = switches / requests,
            AllocatedBytesPerRequest = (after?.Process.AllocatedBytes - _before?.Process.AllocatedBytes) / requests,
            Collections = after?.Process.Collections[0] - _before?.Process.Collections[0],
            ProportionalMemory = memory.Proportional,
            ResidentMemory = memory.Resident,
            ServerBusy = use.ServerBusy,
            ClientBusy = use.ClientBusy,
        };
    }

    private void Halt()
    {
        _client!.Pause();
        server.Freeze();
    }
}
