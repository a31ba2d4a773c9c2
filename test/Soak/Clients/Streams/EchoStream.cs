using System.Diagnostics;
using System.Globalization;
using System.Net;
using Soak.Clients.Protocol;

namespace Soak.Clients.Streams;

/// <summary>
/// One request that stays under way: a chunk is sent every few milliseconds and comes back at once. How long each takes tells how much
/// others are delayed, also while the server stops and takes no new request.
/// </summary>
internal sealed class EchoStream : IDisposable
{
    private const int ChunkSize = 16;
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(10);
    private static readonly TimeSpan LongestRequest = TimeSpan.FromMinutes(10);

    private readonly HttpConnection _connection;
    private readonly CancellationTokenSource _deadline = new(LongestRequest);
    private readonly List<(long At, TimeSpan Took)> _echoes = [];
    private readonly Task _running;
    private volatile bool _ends;

    private EchoStream(HttpConnection connection)
    {
        _connection = connection;
        _running = Task.Run(RunAsync);
    }

    public static async Task<EchoStream> OpenAsync(IPEndPoint server, CancellationToken cancellation)
    {
        HttpConnection connection = await HttpConnection.ConnectAsync(server, tls: false, cancellation);
        await connection.SendAsync("POST /echo HTTP/1.1\r\nHost: soak\r\nTransfer-Encoding: chunked\r\n\r\n", cancellation);
        return new EchoStream(connection);
    }

    /// <summary>How long the chunks took that were sent between two timestamps of <see cref="Stopwatch"/>.</summary>
    public IReadOnlyList<TimeSpan> Between(long first, long last)
    {
        lock (_echoes)
        {
            return [.. _echoes.Where(echo => echo.At >= first && echo.At <= last).Select(echo => echo.Took)];
        }
    }

    /// <summary>Ends the request. Fails if an echo was late, wrong or missing.</summary>
    public Task EndAsync()
    {
        _ends = true;
        return _running;
    }

    public void Dispose()
    {
        _connection.Dispose();
        _deadline.Dispose();
    }

    private async Task RunAsync()
    {
        CancellationToken cancellation = _deadline.Token;
        for (int number = 0; !_ends; number++)
        {
            long since = Stopwatch.GetTimestamp();
            await _connection.SendAsync(Chunk(number), cancellation);
            if (number == 0)
            {
                await _connection.ReadHeadAsync(200, cancellation);
            }

            PatternCheck check = new PatternCheck(number, ChunkSize);
            while (check.Length < ChunkSize)
            {
                await _connection.ReadChunkAsync(check, cancellation);
            }

            check.End();
            lock (_echoes)
            {
                _echoes.Add((since, Stopwatch.GetElapsedTime(since)));
            }

            await Task.Delay(Interval, cancellation);
        }

        await _connection.SendAsync("0\r\n\r\n", cancellation);
        await _connection.ReadChunkAsync(new PatternCheck(0, 0), cancellation);
    }

    private static byte[] Chunk(int number)
    {
        byte[] size = System.Text.Encoding.Latin1.GetBytes(ChunkSize.ToString("x", CultureInfo.InvariantCulture) + "\r\n");
        return [.. size, .. Pattern.Bytes(ChunkSize, number), .. "\r\n"u8];
    }
}
