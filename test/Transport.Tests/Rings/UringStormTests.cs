using System.Globalization;
using System.IO.Pipelines;
using System.Text;
using Transport.Uring;

namespace Transport.Tests.Rings;

/// <summary>64 clients upload as fast as they can to applications that read slowly.</summary>
[Trait("Category", "Hostile")]
public class UringStormTests
{
    private const int Clients = 64;
    private const int ReadBuffer = 64 * 1024;

    /// <summary>The number of bytes after which the pattern repeats.</summary>
    private const int Period = 1 << 24;

    /// <summary>Bytes of each client. <c>STORM_MEGABYTES=100</c> runs the whole storm: 6.4 GB, a minute or two.</summary>
    private static readonly int s_size = 1_000_000 * int.Parse(
        Environment.GetEnvironmentVariable("STORM_MEGABYTES") is { Length: > 0 } text ? text : "4", CultureInfo.InvariantCulture);

    /// <summary>
    /// What connections hold at any time is bounded by the limits of their pipes. Beside it there are only the ring's buffers, whose number
    /// is fixed: nothing of the pieces that have arrived is copied to anywhere else.
    /// </summary>
    [Theory, MemberData(nameof(UringReceiveTests.Ways), MemberType = typeof(UringReceiveTests))]
    public async Task Memory_is_bounded_by_the_limits_of_the_pipes(UringReceive receive)
    {
        CountingPoolFactory pools = new();
        long mostRented = 0;
        int fullPipes = 0;
        await using WebServer server = await WebServer.StartRawAsync(
            UringUnderTest.With(receive),
            async connection =>
            {
                long length = 0;
                PipeReader input = connection.Transport.Input;
                ReadResult result;
                do
                {
                    result = await input.ReadAsync(Deadline.Token);
                    length = UringReceiveTests.Check(result, length);
                    if (result.Buffer.Length >= ReadBuffer)
                    {
                        Interlocked.Increment(ref fullPipes);
                    }

                    InterlockedMaximum(ref mostRented, pools.Rented);
                    input.AdvanceTo(result.Buffer.End);

                    // The clients are faster: the pipe is filled up meanwhile.
                    await Task.Delay(1);
                }
                while (!result.IsCompleted);
                await connection.WriteAsync($"{length}");
            },
            new TransportSettings { LoopCount = 1, MaxReadBufferSize = ReadBuffer },
            pools: pools);
        byte[] upload = TestApp.PatternBytes(Math.Min(s_size, Period));
        await Task.WhenAll(Enumerable.Range(0, Clients).Select(async _ =>
        {
            using RawClient client = await server.ConnectAsync();
            for (int sent = 0; sent < s_size;)
            {
                int from = sent % Period;
                int count = Math.Min(upload.Length - from, s_size - sent);
                await client.SendAsync(upload.AsMemory(from, count));
                sent += count;
            }

            client.ShutdownSend();
            Assert.Equal($"{s_size}", Encoding.ASCII.GetString(await client.ReceiveToEndAsync()));
        }));

        // A receive overshoots the limit by its own size at most, which is the limit here.
        Assert.InRange(mostRented, ReadBuffer / CountingPool.BlockSize, Clients * ((2 * ReadBuffer / CountingPool.BlockSize) + 2));
        Assert.True(fullPipes >= Clients, "No connection had to wait for its application.");
    }

    private static void InterlockedMaximum(ref long maximum, long value)
    {
        long seen;
        while (value > (seen = Volatile.Read(ref maximum)) && Interlocked.CompareExchange(ref maximum, value, seen) != seen)
        {
        }
    }
}
