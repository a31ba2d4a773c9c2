using System.Collections.Concurrent;
using System.Net;
using FileAio.Tests.Support;
using FileAio.Threads;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http.Features;

namespace FileAio.Tests.Sending;

/// <summary>On the transports of this project, reads complete on the event loop of their connection.</summary>
[Collection(nameof(Alone))]
public sealed class EventLoopTests(FileTree tree) : IClassFixture<FileTree>
{
    private const string Large = "b1048579.bin";

    public static TheoryData<string, bool, AioMode> Transports
    {
        get
        {
            TheoryData<string, bool, AioMode> rows = [];
            foreach (TransportUnderTest transport in TransportCatalogue.SelectedWithVariants.Where(transport => !transport.IsOracle))
            {
                rows.Add(transport.Name, false, AioMode.On);
                rows.Add(transport.Name, false, AioMode.Uring);
            }

            rows.Add("epoll", true, AioMode.On);
            rows.Add("epoll", true, AioMode.Uring);
            return rows;
        }
    }

    [Theory, MemberData(nameof(Transports))]
    public async Task Downloads_are_complete_and_continue_on_the_loops(string transport, bool alignedPool, AioMode aio)
    {
        ConcurrentDictionary<string, int> threads = new();
        await using FileServer server = await StartAsync(transport, 2, alignedPool, aio, first: app => app.Use(async (context, next) =>
        {
            // InlineCompletions is on, so that a wrapped body is written where an unwrapped one is by default.
            IHttpResponseBodyFeature body = context.Features.GetRequiredFeature<IHttpResponseBodyFeature>();
            context.Features.Set<IHttpResponseBodyFeature>(new WrappedBody(
                body,
                () =>
                {
                    if (EngineThread.IsOwn)
                    {
                        threads.AddOrUpdate(Thread.CurrentThread.Name ?? "", 1, (_, count) => count + 1);
                    }
                }));
            await next(context);
            context.Features.Set(body);
        }));
        byte[] expected = tree.Bytes(Large);
        await Task.WhenAll(Enumerable.Range(0, 16).Select(async _ =>
        {
            for (int i = 0; i < 4; i++)
            {
                RawReply reply = await RawReply.GetAsync(server.Port, "/" + Large);
                Assert.True(expected.AsSpan().SequenceEqual(reply.Body), $"{reply.Status}: {reply.Body.Length} bytes, and not the file's");
            }
        }));
        Assert.NotEmpty(threads);
        Assert.All(threads.Keys, name => Assert.DoesNotContain("aio", name, StringComparison.Ordinal));
        await server.IdleAsync();
    }

    [Theory]
    [InlineData("epoll", AioMode.On), InlineData("rtsig", AioMode.On), InlineData("blocking", AioMode.On)]
    [InlineData("epoll", AioMode.Uring), InlineData("rtsig", AioMode.Uring), InlineData("blocking", AioMode.Uring)]
    [InlineData("uring", AioMode.Uring)]
    public async Task Reads_of_a_loop_that_ends_complete_and_return_their_buffers(string transport, AioMode aio)
    {
        FileServer server = await StartAsync(transport, loops: 2, aio: aio);
        List<RawClient> clients = [];
        for (int i = 0; i < 16; i++)
        {
            RawClient client = await RawClient.ConnectAsync(new IPEndPoint(IPAddress.Loopback, server.Port));
            clients.Add(client);
            await client.SendAsync("GET /huge.bin HTTP/1.1\r\nHost: x\r\n\r\n");
            await client.ReceiveExactlyAsync(100_000);
        }

        // The connections are aborted when the host's time to stop is over, and the loops end with the last of them.
        await server.StopAsync(TimeSpan.FromMilliseconds(200));
        await server.IdleAsync();
        clients.ForEach(client => client.Reset());
        await server.DisposeAsync();
    }

    [Theory, InlineData(AioMode.On), InlineData(AioMode.Uring)]
    public async Task A_second_server_in_the_process_has_contexts_of_its_own_loops(AioMode aio)
    {
        byte[] expected = tree.Bytes(Large);
        for (int i = 0; i < 3; i++)
        {
            await using FileServer server = await StartAsync("epoll", loops: 2, aio: aio);
            for (int request = 0; request < 8; request++)
            {
                RawReply reply = await RawReply.GetAsync(server.Port, "/" + Large);
                Assert.True(expected.AsSpan().SequenceEqual(reply.Body));
            }
        }
    }

    [Fact]
    public async Task A_loop_without_a_kernel_context_reads_by_the_engine_with_threads()
    {
        await using FileServer server = await StartAsync("epoll", loops: 1);
        byte[] expected = tree.Bytes(Large);
        using (AioFault refused = AioFault.Script(AioFaultKind.IoSetupFails, Shared.Interop.Errno.EAGAIN, count: -1))
        {
            RawReply reply = await RawReply.GetAsync(server.Port, "/" + Large);
            Assert.True(expected.AsSpan().SequenceEqual(reply.Body));
            Assert.True(refused.Fired > 0);
        }

        await server.IdleAsync();
    }

    private Task<FileServer> StartAsync(string transport, int loops, bool alignedPool = false, AioMode aio = AioMode.On,
        Action<WebApplication>? first = null) =>
        FileServer.StartAsync(
            tree.Root,
            options =>
            {
                options.Aio = aio;
                options.InlineCompletions = true;
                options.SendFile = SendFileMode.Off; // what the page cache holds is to be read by the engine too
            },
            alignedPool,
            before: builder => TransportCatalogue.Get(transport).Apply(builder.WebHost, new TransportSettings { LoopCount = loops }),
            first: first);
}
