using System.Diagnostics;
using System.Net.Sockets;
using Microsoft.Win32.SafeHandles;
using WebApp.Interop;

namespace WebApp.Live;

/// <summary>
/// A load on one side, on dedicated threads: at most 72 connections for ten seconds. It measures the latency of requests for
/// <c>/plaintext</c>.
/// </summary>
internal sealed class LiveLoad
{
    private const int Probes = 4;
    private const int RangeBytes = 1 << 20;

    /// <summary>The duration of a load.</summary>
    public static readonly TimeSpan Duration = TimeSpan.FromSeconds(10);

    private static readonly TimeSpan ProbeInterval = TimeSpan.FromMilliseconds(10);

    private readonly LiveSide _side;
    private readonly FileInfo? _file;
    private readonly long _end = Stopwatch.GetTimestamp() + (long)(Duration.TotalSeconds * Stopwatch.Frequency);
    private int _running;
    private long _bytes;
    private long _errors;

    private LiveLoad(LiveSide side, LoadKind kind, FileInfo? file) => (_side, Kind, _file) = (side, kind, file);

    public LoadKind Kind { get; }

    public bool Runs => Volatile.Read(ref _running) > 0;

    public LatencyBuckets Latencies { get; } = new();

    /// <summary>Returns the bytes received since the last call.</summary>
    public long TakeBytes() => Interlocked.Exchange(ref _bytes, 0);

    /// <summary>The number of failed requests.</summary>
    public long Errors => Interlocked.Read(ref _errors);

    private bool IsOver => Stopwatch.GetTimestamp() >= _end;

    /// <summary>Starts a load.</summary>
    /// <param name="side">The side.</param>
    /// <param name="kind">The load.</param>
    /// <param name="file">The file of <see cref="LoadKind.Ranges"/>.</param>
    public static LiveLoad Start(LiveSide side, LoadKind kind, FileInfo? file)
    {
        LiveLoad load = new LiveLoad(side, kind, file);
        (int clients, Action<LoadClient> run) = kind switch
        {
            LoadKind.Plaintext => (16, (Action<LoadClient>)load.Ask),
            LoadKind.Blocked => (8, load.Block),
            LoadKind.Slow => (64, load.ReadSlowly),
            _ => (8, load.ReadRanges),
        };

        // Not in the request handler: starting a thread waits until it runs, which takes seconds for all of them on a busy machine.
        load.Start(1, () =>
        {
            load.Start(clients, () => load.Repeat(run));
            if (kind != LoadKind.Plaintext)
            {
                load.Start(Probes, () => load.Repeat(load.Probe));
            }
        });
        return load;
    }

    private void Start(int threads, Action run)
    {
        for (int thread = 0; thread < threads; thread++)
        {
            Interlocked.Increment(ref _running);
            new Thread(() => Run(run), 256 * 1024) { IsBackground = true, Name = "live load" }.Start();
        }
    }

    private void Run(Action run)
    {
        try
        {
            run();
        }
        finally
        {
            Interlocked.Decrement(ref _running);
        }
    }

    private void Repeat(Action<LoadClient> run)
    {
        while (!IsOver)
        {
            Once(run);
        }
    }

    /// <summary>Runs one connection until the load ends or the connection fails.</summary>
    private void Once(Action<LoadClient> run)
    {
        try
        {
            using LoadClient client = new LoadClient(_side.Port);
            run(client);
        }
        catch (Exception failure) when (failure is IOException or SocketException)
        {
            Interlocked.Increment(ref _errors);
            Thread.Sleep(100);
        }
    }

    private void Ask(LoadClient client)
    {
        while (!IsOver)
        {
            Measure(client);
        }
    }

    /// <summary>
    /// Sends requests at a fixed rate. Latency counts from the intended start, so that a stall delays every request of its time.
    /// </summary>
    private void Probe(LoadClient client)
    {
        for (long due = Stopwatch.GetTimestamp(); !IsOver; due += (long)(ProbeInterval.TotalSeconds * Stopwatch.Frequency))
        {
            TimeSpan early = Stopwatch.GetElapsedTime(Stopwatch.GetTimestamp(), due);
            if (early > TimeSpan.Zero)
            {
                Thread.Sleep(early);
            }

            Measure(client, Math.Min(due, Stopwatch.GetTimestamp()));
        }
    }

    private void Block(LoadClient client)
    {
        while (!IsOver)
        {
            Count(client.Get("/block?ms=200"));
        }
    }

    private void ReadSlowly(LoadClient client)
    {
        client.Send("/stream?bytes=1073741824");
        while (!IsOver)
        {
            int count = client.Receive(4096);
            Count(count > 0 ? count : throw new IOException("the response is incomplete"));
            Thread.Sleep(100);
        }
    }

    private void ReadRanges(LoadClient client)
    {
        using SafeFileHandle file = File.OpenHandle(_file!.FullName);
        while (!IsOver)
        {
            long first = Random.Shared.NextInt64(Math.Max(1, _file.Length / RangeBytes)) * RangeBytes;
            Libc.DropFromCache(file);
            Count(client.Get(_side.FilesPrefix + _file.Name, $"Range: bytes={first}-{first + RangeBytes - 1}\r\n"));
        }
    }

    private void Measure(LoadClient client, long? from = null)
    {
        long start = from ?? Stopwatch.GetTimestamp();
        Count(client.Get("/plaintext"));
        Latencies.Record(Stopwatch.GetElapsedTime(start));
    }

    private void Count(long bytes) => Interlocked.Add(ref _bytes, bytes);
}
