using System.Diagnostics;
using Soak.Clients.Protocol;
using Soak.Measuring;

namespace Soak.Clients;

/// <summary>
/// Reads slowly with a small window: 1 KB/s to 1 MB/s, generated bodies and files, with and without TLS. The body is longer than every
/// buffer on the way; after some time the client leaves, but until then the server must not cut it.
/// </summary>
internal sealed class SlowReaderClient(ClientContext context) : Client(context)
{
    private const int SmallWindow = 8192;
    private const int GeneratedLength = 24_000_000;

    private static readonly int[] Rates = [1_000, 5_000, 50_000, 100_000, 200_000, 1_000_000];

    protected override async Task StepAsync(CancellationToken cancellation)
    {
        bool tls = Random.Next(3) == 0;
        bool file = Random.Next(2) == 0;
        TimeSpan patience = TimeSpan.FromSeconds(Random.Next(15, 60));
        using HttpConnection connection = await HttpConnection.ConnectAsync(tls ? Context.Server.Https : Context.Server.Http, tls,
            cancellation, receiveBuffer: SmallWindow);
        connection.BytesPerSecond = Rates[Random.Next(Rates.Length)];
        (string path, int key, long length) = file
            ? (Context.Files.Largest.Path, Context.Files.Largest.Key, Context.Files.Largest.Length)
            : ($"/bytes?n={GeneratedLength}&key=77", 77, GeneratedLength);
        await connection.SendAsync($"GET {path} HTTP/1.1\r\nHost: soak\r\n\r\n", cancellation);
        await connection.ReadHeadAsync(200, cancellation);

        PatternCheck check = new PatternCheck(key, length);
        long since = Stopwatch.GetTimestamp();
        while (check.Length < length && Stopwatch.GetElapsedTime(since) < patience && !Stopping.IsCancellationRequested)
        {
            try
            {
                await connection.ReadPartAsync(length - check.Length, check, cancellation);
            }
            catch (Exception exception) when (exception is IOException || exception is WrongAnswerException { Kind: "cut" })
            {
                throw new WrongAnswerException("cut", $"{path}, TLS {tls}, {connection.BytesPerSecond} B/s, after {check.Length} bytes and "
                    + $"{Stopwatch.GetElapsedTime(since).TotalSeconds:0} s: {exception.Message}");
            }
        }

        Tally.Add(check.Length);
        if (check.Length < length)
        {
            connection.Reset();
            Tally.AddAbort();
        }
    }

    protected override void Release()
    {
    }
}
