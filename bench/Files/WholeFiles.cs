using System.Diagnostics;
using System.Net.Sockets;
using System.Text;
using Bench.Load;
using Bench.Servers;

namespace Bench.Files;

/// <summary>Clients that each download one whole file, once, all at the same time.</summary>
internal sealed record WholeFiles(string Prefix, int Clients, long Bytes) : ILoad
{
    public Tool? Needs => null;

    public async Task<LoadResult> RunAsync(Server server, TimeSpan duration, Action<ILoadControl> started, CancellationToken cancellation)
    {
        using var gate = new Gate();
        started(gate);
        var start = Stopwatch.GetTimestamp();
        var downloads = Enumerable.Range(0, Clients)
            .Select(number => Task.Factory.StartNew(() => Download(server, number, cancellation), cancellation, TaskCreationOptions.LongRunning, TaskScheduler.Default))
            .ToArray();
        var errors = (await Task.WhenAll(downloads)).Where(error => error is not null).ToArray();
        return new LoadResult
        {
            Requests = Clients - errors.Length,
            Seconds = Stopwatch.GetElapsedTime(start).TotalSeconds,
            Bytes = (Clients - errors.Length) * Bytes,
            Error = errors.FirstOrDefault(),
        };
    }

    /// <summary>What went wrong, or null.</summary>
    private string? Download(Server server, int number, CancellationToken cancellation)
    {
        try
        {
            using var socket = new Socket(server.EndPoint.AddressFamily, SocketType.Stream, ProtocolType.Tcp) { ReceiveTimeout = 10_000 };
            socket.Connect(server.EndPoint);
            socket.Send(Encoding.ASCII.GetBytes($"GET {Prefix}{number} HTTP/1.1\r\nHost: localhost\r\n\r\n"));

            var reader = new HttpResponseReader();
            var buffer = new byte[256 * 1024];
            var received = 0L;
            while (true)
            {
                cancellation.ThrowIfCancellationRequested();
                var count = socket.Receive(buffer);
                if (count == 0)
                    return $"the server closed the connection after {received} bytes";
                received += count;
                if (reader.Take(buffer.AsSpan(0, count)))
                    return received >= Bytes ? null : $"{received} bytes instead of {Bytes}";
            }
        }
        catch (Exception failure) when (failure is SocketException or InvalidDataException)
        {
            return failure.Message;
        }
    }
}
