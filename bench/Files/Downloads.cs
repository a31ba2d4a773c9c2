using System.Diagnostics;
using System.Net.Sockets;
using System.Text;
using Bench.Clients;
using Bench.Load;
using Bench.Servers;

namespace Bench.Files;

/// <summary>A closed loop of clients that download whole files until the time is over.</summary>
/// <param name="Prefix">The URL of a file without its number.</param>
/// <param name="Files">The number of files.</param>
/// <param name="Clients">The number of clients; each has one connection and one thread.</param>
internal sealed record Downloads(string Prefix, int Files, int Clients) : ILoad
{
    /// <summary>The minimum number of downloads for latencies: with fewer, the 99th percentile is the maximum.</summary>
    private const int MinimumForLatency = 50;

    /// <summary>
    /// MSG_TRUNC: TCP drops the bytes of a body instead of copying them, so that the client is not what limits a warm file.
    /// </summary>
    private const SocketFlags Discard = SocketFlags.Truncated;

    /// <summary>Whether the files are requested in random order.</summary>
    public bool Shuffled { get; init; }

    /// <summary>Whether the load ends when every file has been read once.</summary>
    public bool Once { get; init; }

    public Tool? Needs => null;

    public async Task<LoadResult> RunAsync(Server server, TimeSpan duration, Action<ILoadControl> started, CancellationToken cancellation)
    {
        using Gate gate = new Gate();
        started(gate);
        FileOrder order = new FileOrder(Files, Shuffled, Once);
        long start = Stopwatch.GetTimestamp();
        Task<End>[] clients = Enumerable.Range(0, Clients)
            .Select(_ => Task.Factory.StartNew(
                () => Run(server, order, start, duration, cancellation), cancellation, TaskCreationOptions.LongRunning,
                TaskScheduler.Default))
            .ToArray();
        End[] ends = await Task.WhenAll(clients);
        LatencyHistogram latencies = new LatencyHistogram();
        foreach (End end in ends)
        {
            latencies.Add(end.Latencies);
        }

        return new LoadResult
        {
            Requests = latencies.Count,
            Seconds = Stopwatch.GetElapsedTime(start).TotalSeconds,
            Bytes = ends.Sum(end => end.Bytes),
            Latency = latencies.Count < MinimumForLatency ? null : LatencySummary.Of(latencies),
            Error = ends.Select(end => end.Error).FirstOrDefault(error => error is not null),
        };
    }

    private End Run(Server server, FileOrder order, long start, TimeSpan duration, CancellationToken cancellation)
    {
        LatencyHistogram latencies = new LatencyHistogram();
        long bytes = 0L;
        try
        {
            using Socket socket = new Socket(server.EndPoint.AddressFamily, SocketType.Stream, ProtocolType.Tcp)
            {
                ReceiveTimeout = 10_000,
                LingerState = new LingerOption(true, 0),
            };
            socket.Connect(server.EndPoint);
            byte[] buffer = new byte[1024 * 1024];
            while (Stopwatch.GetElapsedTime(start) < duration && order.Next() is { } file)
            {
                long asked = Stopwatch.GetTimestamp();
                socket.Send(Encoding.ASCII.GetBytes($"GET {Prefix}{file} HTTP/1.1\r\nHost: localhost\r\n\r\n"));
                HttpResponseReader reader = new HttpResponseReader();
                for (bool whole = false; !whole;)
                {
                    cancellation.ThrowIfCancellationRequested();
                    long left = reader.BodyLeft;
                    int count = left > 0
                        ? socket.Receive(buffer.AsSpan(0, (int)Math.Min(left, buffer.Length)), Discard)
                        : socket.Receive(buffer);
                    if (count == 0)
                    {
                        return new End(latencies, bytes, $"the server closed the connection after {bytes} bytes");
                    }

                    bytes += count;
                    whole = left > 0 ? reader.Skip(count) : reader.Take(buffer.AsSpan(0, count));
                    if (whole)
                    {
                        latencies.Record((long)Stopwatch.GetElapsedTime(asked).TotalNanoseconds);
                    }

                    if (Stopwatch.GetElapsedTime(start) >= duration)
                    {
                        return new End(latencies, bytes, null);
                    }
                }
            }

            return new End(latencies, bytes, null);
        }
        catch (Exception failure) when (failure is SocketException or InvalidDataException)
        {
            return new End(latencies, bytes, failure.Message);
        }
    }

    /// <param name="Latencies">Latencies of complete downloads.</param>
    /// <param name="Bytes">Bytes received, including incomplete downloads.</param>
    /// <param name="Error">The error; null when there was none.</param>
    private readonly record struct End(LatencyHistogram Latencies, long Bytes, string? Error);
}
