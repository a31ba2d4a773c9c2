using System.Diagnostics;
using Bench.Load;
using Bench.Measuring;
using Bench.Results;
using Bench.Servers;
using Bench.Works;

namespace Bench.Ab;

/// <summary>Two servers under the same closed-loop load at the same time, in slices: while one side runs, server and client of the other are stopped. A machine whose
/// speed changes within seconds, as a virtual one's does, so treats both alike, where two windows of three seconds one after the other differ by half.
/// Slices leave a mark on latencies, so these are measured elsewhere.</summary>
internal sealed class SlicedPair(LoadWork work, Server a, Server b)
{
    /// <summary>Short against the machine's moods, long against the microseconds that a stop and the cold caches after it cost.</summary>
    private static readonly TimeSpan Slice = TimeSpan.FromMilliseconds(25);

    private readonly Side _a = new(work, a);
    private readonly Side _b = new(work, b);

    /// <summary>Each side runs for <paramref name="window"/> in all.</summary>
    public async Task<(Cell A, Cell B)> MeasureAsync(bool aFirst, TimeSpan window, CancellationToken cancellation)
    {
        await _a.PrepareAsync(cancellation);
        await _b.PrepareAsync(cancellation);
        var core = CoreLoad.Read(Cpus.Server);

        var whole = 2 * window;
        var opened = Stopwatch.GetTimestamp();
        _a.Start(whole, cancellation);
        _b.Start(whole, cancellation);
        try
        {
            var (first, second) = aFirst ? (_a, _b) : (_b, _a);
            while (Stopwatch.GetElapsedTime(opened) + 2 * Slice < whole)
            {
                await first.RunSliceAsync(Slice, cancellation);
                await second.RunSliceAsync(Slice, cancellation);
            }
        }
        finally
        {
            // Their time is up: both may run, to say what they saw.
            _a.LetGo();
            _b.LetGo();
        }

        var resultOfA = await _a.FinishAsync();
        var resultOfB = await _b.FinishAsync();
        var used = CoreLoad.Read(Cpus.Server) - core;
        var elapsed = Stopwatch.GetElapsedTime(opened);
        var others = Cpus.Apart ? Math.Max(0, (used.Busy - _a.Cpu - _b.Cpu) / elapsed) : 0;
        return (
            await _a.ToCellAsync(resultOfA, others, used.Stolen / elapsed, cancellation),
            await _b.ToCellAsync(resultOfB, others, used.Stolen / elapsed, cancellation));
    }

    /// <summary>A server, its client, and the time that they were allowed to run.</summary>
    private sealed class Side(LoadWork work, Server server)
    {
        private readonly TaskCompletionSource<ILoadControl> _started = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private Task<LoadResult>? _load;
        private ILoadControl? _client;
        private SelfReport? _before;
        private IReadOnlyDictionary<int, long> _switches = new Dictionary<int, long>();
        private TimeSpan _cpuBefore;
        private TimeSpan _clientCpuBefore;
        private TimeSpan _clientCpu;
        private TimeSpan _active;

        public TimeSpan Cpu { get; private set; }

        public async Task PrepareAsync(CancellationToken cancellation)
        {
            server.Thaw();
            _before = await server.AskAsync(cancellation);
            server.Freeze();
            _switches = ContextSwitches.Read(server.ProcessIds);
            _cpuBefore = CpuClock.ReadAll(server.ProcessIds);
        }

        public void Start(TimeSpan whole, CancellationToken cancellation) =>
            _load = work.Load.RunAsync(server, whole, client => _started.TrySetResult(client), cancellation);

        public async Task RunSliceAsync(TimeSpan slice, CancellationToken cancellation)
        {
            if (_client is null)
            {
                _client = await _started.Task.WaitAsync(cancellation);
                _clientCpuBefore = CpuClock.Read(_client.ProcessId) ?? TimeSpan.Zero;
            }

            var from = Stopwatch.GetTimestamp();
            server.Thaw();
            _client.Resume();
            await Task.Delay(slice, cancellation);
            _client.Pause();
            server.Freeze();
            _active += Stopwatch.GetElapsedTime(from);
            _clientCpu = (CpuClock.Read(_client.ProcessId) ?? _clientCpuBefore) - _clientCpuBefore;
        }

        public void LetGo()
        {
            server.Thaw();
            _client?.Resume();
        }

        public async Task<LoadResult> FinishAsync()
        {
            var result = await _load!;
            Cpu = CpuClock.ReadAll(server.ProcessIds) - _cpuBefore;
            return result;
        }

        public async Task<Cell> ToCellAsync(LoadResult result, double others, double stolen, CancellationToken cancellation)
        {
            var switches = ContextSwitches.Between(_switches, ContextSwitches.Read(server.ProcessIds));
            var after = await server.AskAsync(cancellation);
            var memory = MemoryUse.Read(server.ProcessIds);
            var use = new WindowUse(
                server.EndPoint, Cpu, switches, Cpu / _active, _clientCpu / _active, others, stolen,
                Listeners.Strangers(server.EndPoint, server.ProcessIds));
            server.Freeze();

            var requests = Math.Max(result.Requests, 1.0);
            return new Cell
            {
                Server = server.Name,
                Work = work.Name,
                Refused = Acceptance.Judge(result, use),
                Seconds = _active.TotalSeconds,
                Requests = result.Requests,
                RequestsPerSecond = result.Requests / _active.TotalSeconds,
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
    }
}
