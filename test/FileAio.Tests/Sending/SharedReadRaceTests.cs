using FileAio.Reading;
using FileAio.Tests.Support;
using static FileAio.Tests.Support.SharedResponses;

namespace FileAio.Tests.Sending;

/// <summary>Responses of one file on many threads.</summary>
public sealed class SharedReadRaceTests
{
    /// <summary>
    /// Responses of one file enter, start, join, cancel, release and leave on several threads, while an engine completes reads wholly, in
    /// part, with errors, or as cancelled. Every joined read completes, no buffer is poisoned while it is held, and none is left.
    /// </summary>
    [Fact]
    public async Task Responses_on_many_threads_leave_nothing_behind()
    {
        using RandomEngine engine = new();
        using SharedResponses responses = new(engine, memory: 64 * Length);
        int shared = 0;
        Task[] clients = [.. Enumerable.Range(0, 6).Select(seed => Task.Run(() => DownloadAsync(new Random(seed))))];
        await Task.WhenAll(clients).WithinDeadline();
        Assert.True(shared > 100, $"only {shared} reads were shared");
        Assert.Equal(0, responses.Reads.Kept);
        Assert.Equal(0, responses.Pool.Rented);
        Assert.Equal(0, responses.Pool.Budget.Used);

        PendingRead? Read(SharedReader reader, long position)
        {
            if (reader.TryJoin(position) is { } joined)
            {
                return joined;
            }

            try
            {
                return responses.TryStart(reader, position);
            }
            catch (ObjectDisposedException)
            {
                return null;
            }
        }

        async Task DownloadAsync(Random random)
        {
            for (int download = 0; download < 200; download++)
            {
                using SharedReader reader = responses.Enter(Version(1));
                long position = random.Next(4) * Length;
                long end = position + ((1 + random.Next(12)) * Length);
                reader.Begin(position, end);
                for (; position < end; position += Length)
                {
                    if (Read(reader, position) is not { } pending)
                    {
                        await Task.Yield();
                        continue;
                    }

                    if (random.Next(4) == 0)
                    {
                        pending.TryCancel();
                    }

                    if (pending.IsJoined && random.Next(4) == 0)
                    {
                        pending.Return(responses.Pool); // the client has disconnected
                        break;
                    }

                    SysResult result = await pending.Result;
                    if (result.Value == Length)
                    {
                        Assert.Equal(Mark(position), pending.Buffer.GetSpan()[0]);
                        Assert.Equal(Mark(position), pending.Buffer.GetSpan()[Length - 1]);
                        Interlocked.Add(ref shared, pending.IsJoined ? 1 : 0);
                    }

                    pending.Return(responses.Pool);
                }
            }

            await Task.Yield(); // off the engine's thread, which the test ends
        }
    }
}
