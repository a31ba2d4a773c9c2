using System.Diagnostics;
using System.Net.Sockets;
using System.Text;
using FileAio.Tests.Support;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http.Features;
using static FileAio.Tests.Support.Interop.PageCacheAdvice;

namespace FileAio.Tests.Sending;

/// <summary>Which parts of a file go by sendfile, and that the reply does not depend on it.</summary>
[Collection(nameof(Alone))]
public sealed class SendFileTests(FileTree tree) : IClassFixture<FileTree>
{
    private const int Size = 6 << 20, Direct = 1 << 20;

    /// <summary>What the page cache holds, in chunks of 2 MiB from the beginning, and where the bytes are to come from.</summary>
    [Theory]
    [InlineData(SendFileMode.Auto, 3, 6, 0)]
    [InlineData(SendFileMode.Auto, 0, 0, 6)]
    [InlineData(SendFileMode.Auto, 1, 2, 4)]
    [InlineData(SendFileMode.On, 3, 0, 6)]
    [InlineData(SendFileMode.Off, 3, 0, 6)]
    public async Task A_large_file(SendFileMode mode, int cachedChunks, int bySendFile, int byEngine)
    {
        await using FileServer server = await StartAsync(mode);
        Assert.SkipUnless(server.Status.Engine == "linux-aio", server.Status.FallbackReason ?? "");
        Cache(cachedChunks * (2 << 20));
        (byte[] body, Dictionary<string, long> bytes) = await GetAsync(server, 0, Size);
        Assert.True(FileTree.Pattern(Size, 0).AsSpan().SequenceEqual(body), "not the file's bytes");
        Assert.Equal(((long)bySendFile << 20, (long)byEngine << 20),
            (bytes.GetValueOrDefault("sendfile"), bytes.GetValueOrDefault("linux-aio")));
    }

    [Theory]
    [InlineData(SendFileMode.Auto, 200_000, true)]
    [InlineData(SendFileMode.On, 200_000, true)]
    [InlineData(SendFileMode.Off, 200_000, false)]
    [InlineData(SendFileMode.Auto, 16_384, false)]
    [InlineData(SendFileMode.On, 16_385, true)]
    public async Task A_cached_file_below_the_threshold(SendFileMode mode, int length, bool bySendFile)
    {
        await using FileServer server = await StartAsync(mode, options => options.DirectIoThreshold = null);
        Cache(Size);
        (byte[] body, Dictionary<string, long> bytes) = await GetAsync(server, 1_000_001, length);
        Assert.True(FileTree.Pattern(length, 1_000_001).AsSpan().SequenceEqual(body), "not the file's bytes");
        Assert.Equal([(bySendFile ? "sendfile" : "page-cache", (long)length)], bytes.Select(pair => (pair.Key, pair.Value)));
    }

    [Theory]
    [InlineData("sockets")]
    [InlineData("tls")]
    [InlineData("wrapped")]
    [InlineData("option")]
    public async Task The_file_is_read_if_sendfile_is_not_possible(string between)
    {
        tree.Write("sent.bin", FileTree.Pattern(Size, 0));
        await using FileServer server = await FileServer.StartAsync(tree.Root, options => options.DirectIoThreshold = null,
            tls: between == "tls",
            before: builder =>
            {
                if (between != "sockets")
                {
                    TransportCatalogue.Get("epoll").Apply(builder.WebHost,
                        new TransportSettings { Ours = options => options.SendFile = between != "option" });
                }
            },
            first: app =>
            {
                if (between == "wrapped")
                {
                    app.Use(static (context, next) =>
                    {
                        IHttpResponseBodyFeature inner = context.Features.Get<IHttpResponseBodyFeature>()!;
                        context.Features.Set<IHttpResponseBodyFeature>(new WrappedBody(inner, static () => { }));
                        return next(context);
                    });
                }
            });
        Cache(Size);
        using HttpClientHandler handler = new();
        handler.ServerCertificateCustomValidationCallback = static (_, certificate, _, _) => certificate is not null;
        using HttpClient client = new(handler);
        client.BaseAddress = new Uri($"{(between == "tls" ? "https" : "http")}://127.0.0.1:{server.Port}");
        Dictionary<string, long> bytes = await BytesRead.DuringAsync(server, async () =>
        {
            byte[] body = await client.GetByteArrayAsync("/sent.bin", Deadline.Token);
            Assert.True(FileTree.Pattern(Size, 0).AsSpan().SequenceEqual(body), "not the file's bytes");
        });
        Assert.Equal([("page-cache", (long)Size)], bytes.Select(pair => (pair.Key, pair.Value)));
    }

    [Fact]
    public async Task Parts_of_a_multipart_body_and_their_headers_are_in_order()
    {
        await using FileServer server = await StartAsync(SendFileMode.Auto);
        Cache(3 << 20);
        RawReply reply = await RawReply.GetAsync(server.Port, "/sent.bin", "Range: bytes=5-2000000,3000000-3000000,3100000-5000000,-17");
        Assert.Equal(206, reply.Status);
        string boundary = "--" + reply.Header("content-type")!.Split("boundary=")[1].Trim('"');
        byte[] expected = FileTree.Pattern(Size, 0);
        int at = 0;
        foreach ((int start, int end) in new[] { (5, 2_000_000), (3_000_000, 3_000_000), (3_100_000, 5_000_000), (Size - 17, Size - 1) })
        {
            int head = reply.Body.AsSpan(at).IndexOf("\r\n\r\n"u8);
            string fields = Encoding.ASCII.GetString(reply.Body, at, head);
            Assert.Contains(boundary, fields, StringComparison.Ordinal);
            Assert.Contains($"bytes {start}-{end}/{Size}", fields, StringComparison.OrdinalIgnoreCase);
            at += head + 4;
            Assert.True(expected.AsSpan(start, end - start + 1).SequenceEqual(reply.Body.AsSpan(at, end - start + 1)), $"{start}-{end}");
            at += end - start + 1;
        }
    }

    [Fact]
    public async Task LimitRate_is_not_exceeded()
    {
        await using FileServer server = await StartAsync(SendFileMode.Auto, options => options.LimitRate = 1 << 20);
        Cache(Size);
        long started = Stopwatch.GetTimestamp();
        (byte[] body, Dictionary<string, long> bytes) = await GetAsync(server, 0, 2 << 20);
        Assert.True(Stopwatch.GetElapsedTime(started) > TimeSpan.FromSeconds(1.5), "2 MiB at 1 MiB a second");
        Assert.Equal(2 << 20, body.Length);
        Assert.Equal(2 << 20, bytes["sendfile"]);
    }

    [Theory]
    [InlineData(SendFileMode.Auto)]
    [InlineData(SendFileMode.On)]
    public async Task A_client_that_reads_nothing_is_aborted_and_the_file_is_closed(SendFileMode mode)
    {
        await using FileServer server = await StartAsync(mode, options =>
            (options.SendTimeout, options.DirectIoThreshold) =
                (TimeSpan.FromMilliseconds(500), mode == SendFileMode.On ? null : Direct), "huge");
        using Socket socket = await RequestAsync(server);
        await Deadline.Until(() => OpenDescriptors() > 0, () => "the file is not being sent");
        await Deadline.Until(() => OpenDescriptors() == 0, () => "the file is still open");
    }

    [Fact]
    public async Task A_file_that_shrinks_during_a_response_ends_the_connection()
    {
        await using FileServer server = await StartAsync(SendFileMode.Auto, null, "huge");
        using Socket socket = await RequestAsync(server);
        byte[] buffer = new byte[1 << 16];
        int first = await socket.ReceiveAsync(buffer, Deadline.Token);
        Assert.True(first > 0);
        using (FileStream cut = new(tree.At("sent.bin"), FileMode.Open, FileAccess.Write, FileShare.ReadWrite))
        {
            cut.SetLength(1000);
        }

        long total = first;
        try
        {
            while (await socket.ReceiveAsync(buffer, Deadline.Token) is var got and > 0)
            {
                total += got;
            }
        }
        catch (SocketException reset) when (reset.SocketErrorCode == SocketError.ConnectionReset)
        {
        }

        Assert.InRange(total, 1, (48 << 20) - 1);
        await Deadline.Until(() => OpenDescriptors() == 0, () => "the file is still open");
    }

    private async Task<FileServer> StartAsync(SendFileMode mode, Action<DirectIoFileOptions>? configure = null, string size = "")
    {
        tree.Write("sent.bin", FileTree.Pattern(size == "huge" ? 48 << 20 : Size, 0));
        return await FileServer.StartAsync(tree.Root, options =>
        {
            (options.SendFile, options.DirectIoThreshold) = (mode, Direct);
            configure?.Invoke(options);
        }, before: static builder => TransportCatalogue.Get("epoll").Apply(builder.WebHost, new TransportSettings()));
    }

    private static async Task<Socket> RequestAsync(FileServer server)
    {
        Socket socket = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { ReceiveBufferSize = 16384 };
        await socket.ConnectAsync("127.0.0.1", server.Port, Deadline.Token);
        await socket.SendAsync("GET /sent.bin HTTP/1.1\r\nHost: x\r\n\r\n"u8.ToArray());
        return socket;
    }

    private int OpenDescriptors() => Directory.GetFiles("/proc/self/fd").Count(link =>
    {
        try
        {
            return new FileInfo(link).LinkTarget == tree.At("sent.bin");
        }
        catch (IOException)
        {
            return false; // closed since it was listed
        }
    });

    /// <summary>Has the page cache hold the first bytes of the file, and no others.</summary>
    private void Cache(int bytes)
    {
        using FileStream file = File.Open(tree.At("sent.bin"), FileMode.Open);
        file.Flush(flushToDisk: true);
        int descriptor = (int)file.SafeFileHandle.DangerousGetHandle();
        Assert.Equal(0, posix_fadvise(descriptor, 0, 0, POSIX_FADV_DONTNEED));
        Assert.Equal(0, posix_fadvise(descriptor, 0, 0, POSIX_FADV_RANDOM));
        file.ReadExactly(new byte[bytes]);
    }

    private static async Task<(byte[] Body, Dictionary<string, long> Bytes)> GetAsync(FileServer server, int start, int length)
    {
        byte[] body = [];
        Dictionary<string, long> bytes = await BytesRead.DuringAsync(server, async () =>
        {
            RawReply reply = await RawReply.GetAsync(server.Port, "/sent.bin", $"Range: bytes={start}-{start + length - 1}");
            Assert.Equal(206, reply.Status);
            body = reply.Body;
        });
        return (body, bytes);
    }
}
