using System.Net;
using FileAio.Tests.Support;

namespace FileAio.Tests.Hostile;

/// <summary>One small request for many ranges, from clients that read nothing, must not fill the memory of the server.</summary>
[Collection(nameof(Alone))]
[Trait("Category", "Hostile")]
public sealed class RangeMemoryTests(FileTree tree) : IClassFixture<FileTree>
{
    private const int Clients = 4;
    private const long AllowedGrowth = 16 << 20;

    public static TheoryData<string, bool> Requests()
    {
        TheoryData<string, bool> requests = [];
        foreach (bool cached in new[] { false, true })
        {
            requests.Add("the same part of the file 3,400 times", cached);
            requests.Add("1,400 parts of 128 KiB", cached);
            requests.Add("1,400 parts of 16 KiB", cached);
        }

        return requests;
    }

    [Theory]
    [MemberData(nameof(Requests))]
    public async Task The_memory_of_a_request_does_not_grow_with_its_ranges(string what, bool cached)
    {
        string ranges = what switch
        {
            "1,400 parts of 128 KiB" => string.Join(',', Enumerable.Range(0, 1400).Select(i => $"{i * 131072L}-{(i * 131072L) + 131071}")),
            "1,400 parts of 16 KiB" => string.Join(',', Enumerable.Range(0, 1400).Select(i => $"{i * 32768L}-{(i * 32768L) + 16383}")),
            _ => string.Join(',', Enumerable.Repeat("-131072", 3400)),
        };
        await using FileServer server = await FileServer.StartAsync(tree.Root, options =>
        {
            options.MaxRanges = int.MaxValue;
            options.DirectIoThreshold = cached ? null : 512;
        });
        await MeasureAsync(server, "0-1048575,2097152-3145727", quietFor: 2); // code compiled, pools filled
        long growth = await MeasureAsync(server, ranges, quietFor: 6);
        Assert.True(growth < AllowedGrowth, $"{Clients} clients that read nothing: {growth >> 10} KiB more");
        await server.IdleAsync();
    }

    /// <param name="server">What serves.</param>
    /// <param name="ranges">The ranges that each client asks for.</param>
    /// <param name="quietFor">How long the memory must not have grown to have stopped growing, in quarters of a second.</param>
    /// <returns>How much the resident memory grew, once it has stopped growing.</returns>
    private static async Task<long> MeasureAsync(FileServer server, string ranges, int quietFor)
    {
        GC.Collect();
        long before = Environment.WorkingSet;
        List<RawClient> clients = [];
        try
        {
            for (int i = 0; i < Clients; i++)
            {
                RawClient client = await RawClient.ConnectAsync(new IPEndPoint(IPAddress.Loopback, server.Port), receiveBuffer: 8192);
                clients.Add(client);
                await client.SendAsync($"GET /huge.bin HTTP/1.1\r\nHost: x\r\nRange: bytes={ranges}\r\n\r\n");
            }

            long most = before;
            for (int quiet = 0; quiet < quietFor; quiet++)
            {
                await Task.Delay(250);
                if (Environment.WorkingSet > most + (1 << 20))
                {
                    (most, quiet) = (Environment.WorkingSet, 0);
                }
            }

            return most - before;
        }
        finally
        {
            clients.ForEach(client => client.Reset());
        }
    }
}
