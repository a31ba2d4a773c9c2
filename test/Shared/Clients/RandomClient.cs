using System.Globalization;
using System.Text;

namespace Test.Shared;

/// <summary>
/// A client that does by chance whatever HTTP/1.1 allows, and some that it does not, and knows each answer of <see cref="TestApp"/>.
/// </summary>
public sealed class RandomClient(WebServer server, int seed)
{
    private readonly Random _random = new(seed);
    private RawClient? _client;
    private HttpReplyReader? _replies;

    /// <summary>So many clients at once, whose seeds follow each other.</summary>
    /// <returns>All exchanges that were answered.</returns>
    public static async Task<int> RunAllAsync(WebServer server, int seed, int clients, int exchangesEach)
    {
        Task<int>[] running =
            [.. Enumerable.Range(0, clients).Select(i => Task.Run(() => new RandomClient(server, seed + i).RunAsync(exchangesEach)))];
        return (await Task.WhenAll(running)).Sum();
    }

    /// <exception cref="InvalidOperationException">An answer was wrong or did not come; the message has the seed.</exception>
    public async Task<int> RunAsync(int exchanges)
    {
        int done = 0;
        while (done < exchanges)
        {
            if (_client is null)
            {
                _client = await server.ConnectAsync(receiveBuffer: _random.Next(4) == 0 ? 4096 : 0);
                _replies = new HttpReplyReader(_client);
            }
            try
            {
                done += await StepAsync(exchanges - done);
            }
            catch (Exception exception)
            {
                throw new InvalidOperationException($"Client with seed {seed}, after {done} exchanges: {exception.Message}", exception);
            }
        }
        _client?.Dispose();
        return done;
    }

    private async Task<int> StepAsync(int left)
    {
        switch (_random.Next(20))
        {
            case 0:   // leave in the middle of a request
                await _client!.SendAsync("POST /echo HTTP/1.1\r\nHost: test\r\nContent-Length: 9999\r\n\r\n"
                    + new string('x', _random.Next(5000)));
                return Leave();
            case 1:   // leave in the middle of a response
                await _client!.SendAsync("GET /bytes/300000 HTTP/1.1\r\nHost: test\r\n\r\n");
                await _client.ReceiveAsync(new byte[_random.Next(1, 5000)]);
                return Leave();
            case 2:   // nothing more to say, politely
                await _client!.SendAsync("GET / HTTP/1.1\r\nHost: test\r\nConnection: close\r\n\r\n");
                Check(await _replies!.ReadAsync(), "Hello, World!"u8.ToArray());
                if (await _client.ReceiveAsync(new byte[1]) != 0)
                {
                    throw new InvalidDataException("More than was asked for.");
                }

                Leave();
                return 1;
            case < 7:
                return await PipelineAsync(Math.Min(left, _random.Next(2, 20)));
            case < 12:
                return await EchoAsync();
            default:
                int size = Size();
                await SendInPiecesAsync($"GET /bytes/{size.ToString(CultureInfo.InvariantCulture)} HTTP/1.1\r\nHost: test\r\n\r\n");
                Check(await _replies!.ReadAsync(), TestApp.PatternBytes(size));
                return 1;
        }
    }

    private async Task<int> PipelineAsync(int count)
    {
        int[] sizes = Enumerable.Range(0, count).Select(_ => _random.Next(3000)).ToArray();
        Task sending = _client!.SendAsync(string.Concat(sizes.Select(size => $"GET /bytes/{size} HTTP/1.1\r\nHost: test\r\n\r\n")));
        foreach (int size in sizes)
        {
            Check(await _replies!.ReadAsync(), TestApp.PatternBytes(size));
        }

        await sending;
        return count;
    }

    private async Task<int> EchoAsync()
    {
        byte[] body = TestApp.PatternBytes(Size() + 1)[1..];
        string text = Encoding.Latin1.GetString(body);
        string chunk = body.Length > 0 ? $"{body.Length:x}\r\n{text}\r\n" : "";
        Task sending = _random.Next(2) == 0
            ? SendInPiecesAsync($"POST /echo HTTP/1.1\r\nHost: test\r\nContent-Length: {body.Length}\r\n\r\n{text}")
            : SendInPiecesAsync($"POST /echo HTTP/1.1\r\nHost: test\r\nTransfer-Encoding: chunked\r\n\r\n{chunk}0\r\n\r\n");
        Check(await _replies!.ReadAsync(), body);
        await sending;
        return 1;
    }

    private async Task SendInPiecesAsync(string text)
    {
        int pieces = _random.Next(3) == 0 ? _random.Next(2, 6) : 1;
        for (int at = 0; at < text.Length;)
        {
            int count = pieces-- <= 1 ? text.Length - at : _random.Next(1, text.Length - at + 1);
            await _client!.SendAsync(text.Substring(at, count));
            at += count;
        }
    }

    /// <summary>Mostly small, now and then past every buffer on the way.</summary>
    private int Size() => _random.Next(30) switch
    {
        0 => _random.Next(400_000),
        < 5 => _random.Next(70_000),
        _ => _random.Next(2000),
    };

    private int Leave()
    {
        if (_random.Next(2) == 0)
        {
            _client!.Reset();
        }
        else
        {
            _client!.Dispose();
        }

        _client = null;
        return 0;
    }

    private static void Check(HttpReply reply, byte[] expected)
    {
        if (reply.Status != 200)
        {
            throw new InvalidDataException($"Status {reply.Status}.");
        }

        if (!reply.Body.AsSpan().SequenceEqual(expected))
        {
            throw new InvalidDataException($"{reply.Body.Length} bytes where {expected.Length} were asked for, equal up to "
                + reply.Body.AsSpan().CommonPrefixLength(expected) + '.');
        }
    }
}
