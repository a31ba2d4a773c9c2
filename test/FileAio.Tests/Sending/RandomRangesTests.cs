using System.Net.Http.Headers;
using FileAio.Tests.Support;

namespace FileAio.Tests.Sending;

/// <summary>
/// Ten thousand random ranges, checked against the file: by every engine, aligned or not, over the end and one byte long.
/// </summary>
public sealed class RandomRangesTests(FileTree tree) : IClassFixture<FileTree>
{
    private const int Size = 3_000_001;

    [Theory]
    [InlineData(AioMode.On, false, 1, 131072, null, 2500)]
    [InlineData(AioMode.On, true, 1, 65536, null, 2500)]
    [InlineData(AioMode.On, false, 3, 8192, 4096, 1500)]
    [InlineData(AioMode.On, true, 2, 16384, 16384, 1000)]
    [InlineData(AioMode.Threads, false, 2, 65536, null, 1000)]
    [InlineData(AioMode.Posix, false, 2, 65536, null, 500)]
    [InlineData(AioMode.Off, false, 1, 32768, null, 1000)]
    [InlineData(AioMode.Uring, false, 2, 65536, null, 1500)]
    [InlineData(AioMode.Uring, true, 1, 65536, null, 1500)]
    public async Task Every_range_has_the_bytes_of_the_file(AioMode aio, bool intoPipe, int count, int size, int? alignment, int requests)
    {
        int seed = Random.Shared.Next();
        TestContext.Current.SendDiagnosticMessage($"seed {seed}");
        tree.Write("random.bin", FileTree.Pattern(Size, 0));
        byte[] whole = FileTree.Pattern(Size, 0);
        await using FileServer server = await FileServer.StartAsync(tree.Root, options =>
        {
            options.Aio = aio;
            options.OutputBuffers = new OutputBuffers(count, size);
            options.DirectIoAlignment = alignment;
            options.InlineCompletions = intoPipe;
        }, alignedPool: intoPipe);
        using HttpClient client = new HttpClient { BaseAddress = server.Address };

        await Task.WhenAll(Enumerable.Range(0, 8).Select(async worker =>
        {
            Random random = new Random(seed + worker);
            for (int i = worker; i < requests; i += 8)
            {
                (long from, long? to) = RandomRange(random);
                using HttpRequestMessage request = new HttpRequestMessage(HttpMethod.Get, "/random.bin");
                request.Headers.Range = new RangeHeaderValue(from, to);
                using HttpResponseMessage reply = await client.SendAsync(request).WithinDeadline();
                byte[] body = await reply.Content.ReadAsByteArrayAsync().WithinDeadline();
                int end = (int)Math.Min(to ?? Size, Size - 1) + 1;
                Assert.True(whole.AsSpan((int)from..end).SequenceEqual(body),
                    $"seed {seed}: bytes {from}-{to} differ ({body.Length} bytes came)");
            }
        }));
        await server.IdleAsync();
    }

    private static (long From, long? To) RandomRange(Random random)
    {
        long from = random.Next(4) switch
        {
            0 => random.Next(Size / 512) * 512L,
            1 => Size - 1 - random.Next(5000),
            _ => random.Next(Size),
        };
        return random.Next(6) switch
        {
            0 => (from, null),
            1 => (from, from),
            2 => (from, from + random.Next(1000)),
            3 => (from, (from | 511) + (512L * random.Next(100))),
            _ => (from, from + random.Next(400_000)),
        };
    }
}
