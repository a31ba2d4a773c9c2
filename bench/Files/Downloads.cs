using System.Diagnostics;
using System.Net.Sockets;
using System.Text;
using Bench.Load;
using Bench.Servers;

namespace Bench.Files;

/// <summary>Clients that download whole files, each at its own pace and starting with a file of its own, one after the other until the time is over.</summary>
internal sealed record Downloads(string Prefix, int Files, int Clients) : ILoad
{
    public Tool? Needs => null;

    public async Task<LoadResult> RunAsync(Server server, TimeSpan duration, Action<ILoadControl> started, CancellationToken cancellation)
    {
        using var gate = new Gate();
        started(gate);
        var start = Stopwatch.GetTimestamp();
        var clients = Enumerable.Range(0, Clients)
            .Select(number => Task.Factory.StartNew(() => Run(server, number, start, duration, cancellation), cancellation, TaskCreationOptions.LongRunning, TaskScheduler.Default))
            .ToArray();
        var ends = await Task.WhenAll(clients);
        return new LoadResult
        {
            Requests = ends.Sum(end => end.Files),
            Seconds = Stopwatch.GetElapsedTime(start).TotalSeconds,
            Bytes = ends.Sum(end => end.Bytes),
            Error = ends.Select(end => end.Error).FirstOrDefault(error => error is not null),
        };
    }

    private End Run(Server server, int number, long start, TimeSpan duration, CancellationToken cancellation)
    {
        var (files, bytes) = (0L, 0L);
        try
        {
            using var socket = new Socket(server.EndPoint.AddressFamily, SocketType.Stream, ProtocolType.Tcp)
            {
                ReceiveTimeout = 10_000,
                LingerState = new LingerOption(true, 0),
            };
            socket.Connect(server.EndPoint);
            var buffer = new byte[256 * 1024];
            for (var file = number; Stopwatch.GetElapsedTime(start) < duration; file += Clients)
            {
                socket.Send(Encoding.ASCII.GetBytes($"GET {Prefix}{file % Files} HTTP/1.1\r\nHost: localhost\r\n\r\n"));
                var reader = new HttpResponseReader();
                for (var whole = false; !whole; files += whole ? 1 : 0)
                {
                    cancellation.ThrowIfCancellationRequested();
                    var count = socket.Receive(buffer);
                    if (count == 0)
                        return new End(files, bytes, $"the server closed the connection after {bytes} bytes");
                    bytes += count;
                    whole = reader.Take(buffer.AsSpan(0, count));
                    if (Stopwatch.GetElapsedTime(start) >= duration)
                        return new End(files + (whole ? 1 : 0), bytes, null);
                }
            }

            return new End(files, bytes, null);
        }
        catch (Exception failure) when (failure is SocketException or InvalidDataException)
        {
            return new End(files, bytes, failure.Message);
        }
    }

    /// <param name="Files">Files that came whole.</param>
    /// <param name="Bytes">Bytes received, of whole files or not.</param>
    /// <param name="Error">What went wrong, or null.</param>
    private readonly record struct End(long Files, long Bytes, string? Error);
}
