using System.Text.Json;

namespace WebApp.Live;

/// <summary>
/// Takes a snapshot every second, on a dedicated thread, and completes its readers there. The page therefore continues when a load has
/// exhausted the thread pool.
/// </summary>
internal sealed class LiveSampler : IDisposable
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);

    private readonly IReadOnlyList<LiveSide> _sides;
    private readonly LiveMeters _meters;
    private readonly FileInfo? _file;
    private readonly LiveLoad?[] _loads;
    private readonly long[] _requests;
    private readonly ManualResetEventSlim _stopping = new();
    private readonly Dictionary<string, long> _before = new(StringComparer.Ordinal);
    private readonly Lock _gate = new();
    private Dictionary<string, double> _cpuBefore = new(StringComparer.Ordinal);
    private TaskCompletionSource<string> _next = new();

    public LiveSampler(SampleSettings settings, LiveMeters meters, IConfiguration configuration)
    {
        (_sides, _meters) = (settings.Sides, meters);
        (_loads, _requests) = (new LiveLoad?[_sides.Count], new long[_sides.Count]);
        _file = LargestOf(configuration["files"]);
        new Thread(Run) { IsBackground = true, Name = "live sampler" }.Start();
    }

    /// <summary>Returns the next snapshot as JSON.</summary>
    public Task<string> NextAsync(CancellationToken cancellation)
    {
        lock (_gate)
        {
            // Not WaitAsync if cancellation is not possible, because its continuations run on the thread pool.
            cancellation.ThrowIfCancellationRequested();
            return _next.Task;
        }
    }

    /// <summary>Counts a request on a port.</summary>
    public void Count(int port)
    {
        for (int index = 0; index < _sides.Count; index++)
        {
            if (_sides[index].Port == port)
            {
                Interlocked.Increment(ref _requests[index]);
            }
        }
    }

    /// <summary>Starts a load on a side.</summary>
    /// <returns>The reason if it was not started; otherwise null.</returns>
    public string? TryStart(int side, LoadKind kind)
    {
        if (side < 0 || side >= _sides.Count)
        {
            return $"There is no side {side}.";
        }

        if (kind == LoadKind.Ranges && _file is null)
        {
            return "No file of at least 1 MiB is served; start the app with --files DIR.";
        }

        lock (_gate)
        {
            if (_loads[side] is { Runs: true })
            {
                return "A load runs on this side already.";
            }

            _loads[side] = LiveLoad.Start(_sides[side], kind, _file);
            return null;
        }
    }

    public void Dispose() => _stopping.Set();

    private void Run()
    {
        while (!_stopping.Wait(Interval))
        {
            string snapshot = JsonSerializer.Serialize(Take(), LiveJson.Default.LiveSnapshot);
            TaskCompletionSource<string> due;
            lock (_gate)
            {
                (due, _next) = (_next, new TaskCompletionSource<string>());
            }

            due.SetResult(snapshot);
        }
    }

    private LiveSnapshot Take()
    {
        _meters.Refresh();
        Dictionary<string, double> cpu = ThreadCpu.Read(GroupOf);
        LiveSnapshot snapshot = new LiveSnapshot(
            [.. _sides.Select(side => Take(side, cpu))],
            new FilesSnapshot(
                _file is not null, Rate("files", _meters.Sum("fileaio.bytes_read")), _meters.Sum("fileaio.reads_in_flight"),
                _meters.Sum("fileaio.fallbacks")));
        _cpuBefore = cpu;
        return snapshot;
    }

    private SideSnapshot Take(LiveSide side, Dictionary<string, double> cpu)
    {
        LiveLoad? load = Volatile.Read(ref _loads[side.Index]);
        long[]? latencies = load?.Latencies.Take();
        bool isSockets = side.Transport == Transports.Sockets;
        long? waits = isSockets ? null : Rate($"waits {side.Index}", _meters.Sum("transport.waits", side.Transport));
        long? events = isSockets ? null : Rate($"events {side.Index}", _meters.Sum("transport.events", side.Transport));
        string group = isSockets ? PoolGroup : side.Transport;
        return new SideSnapshot
        {
            Transport = side.Transport,
            Port = side.Port,
            Load = load is { Runs: true } ? load.Kind : null,
            Requests = Rate($"requests {side.Index}", Interlocked.Read(ref _requests[side.Index])),
            Cpu = Math.Max(0, cpu.GetValueOrDefault(group) - _cpuBefore.GetValueOrDefault(group, cpu.GetValueOrDefault(group))),
            P50 = latencies is null ? null : LatencyBuckets.Percentile(latencies, 0.5),
            P99 = latencies is null ? null : LatencyBuckets.Percentile(latencies, 0.99),
            Bytes = load?.TakeBytes(),
            Errors = load?.Errors,
            Connections = _meters.Sum("kestrel.active_connections", side.Port.ToString(System.Globalization.CultureInfo.InvariantCulture)),
            Iterations = waits,
            Batch = waits is > 0 ? (double)events!.Value / waits.Value : null,
            Workers = isSockets ? null : _meters.Sum("transport.workers", side.Transport),
            PoolThreads = isSockets ? ThreadPool.ThreadCount : null,
        };
    }

    private const string PoolGroup = "pool";

    /// <summary>
    /// Loops and workers are named after their transport. Sockets runs on the thread pool and on a thread of the runtime.
    /// </summary>
    private string? GroupOf(string name) => name.StartsWith(".NET", StringComparison.Ordinal) ? PoolGroup
        : _sides.FirstOrDefault(side => name.StartsWith(side.Transport + " ", StringComparison.Ordinal))?.Transport;

    /// <summary>Returns the growth of a sum since the last snapshot; 0 the first time.</summary>
    private long Rate(string name, long now)
    {
        long grown = now - _before.GetValueOrDefault(name, now);
        _before[name] = now;
        return Math.Max(0, grown);
    }

    private static FileInfo? LargestOf(string? folder) => folder is { Length: > 0 } && Directory.Exists(folder)
        ? new DirectoryInfo(folder).EnumerateFiles().Where(file => file.Length >= 1 << 20).MaxBy(file => file.Length)
        : null;
}
