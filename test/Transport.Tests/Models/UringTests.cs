using System.IO.Pipelines;
using System.Net.Sockets;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Connections.Features;
using Shared.Uring;
using Transport.Tests.Interop;
using Transport.Tests.Metrics;
using Transport.Uring;
using Transport.Uring.Diagnostics;
using Transport.Uring.Rings;

namespace Transport.Tests.Models;

/// <summary>What only io_uring can get wrong: full queues, too few buffers, operations that outlive their connection.</summary>
public class UringTests
{
    private static readonly RingSize DefaultSize = RingSize.Of(new UringTransportOptions());
    private static readonly TransportUnderTest Uring = TransportCatalogue.Get("uring");

    [Fact]
    public void User_data_keeps_kind_generation_and_slot()
    {
        foreach (UserData data in (UserData[])[
            new(OperationKind.Wake, 0, 0), new(OperationKind.Incoming, 1, 2),
            new(OperationKind.Outgoing, UserData.MaxGeneration, int.MaxValue),
            new(OperationKind.Incoming, 0x800000, 0x7654321, IsCancellation: true)])
        {
            Assert.Equal(data, UserData.Unpack(data.Pack()));
        }
    }

    [Fact]
    public void A_completion_of_an_earlier_socket_is_not_attributed_to_the_next_in_its_slot()
    {
        SocketTable table = new();
        FakeSocket first = new();
        FakeSocket second = new();
        UserData earlier = table.Add(first);
        Assert.Same(first, table.Find(earlier));
        table.Remove(earlier);
        UserData later = table.Add(second);
        Assert.Equal(earlier.Slot, later.Slot);
        Assert.Null(table.Find(earlier));
        Assert.Same(second, table.Find(later));
        Assert.Equal([second], table.ToArray());
        for (int i = 0; i < 1000; i++)
        {
            table.Add(new FakeSocket());
        }

        Assert.Equal(1001, table.Count);
        Assert.Same(second, table.Find(later));
    }

    /// <summary>Rings were once counted against RLIMIT_MEMLOCK, and given back late: quick making and closing found no memory.</summary>
    [Fact]
    public void Rings_can_be_created_and_closed_in_quick_succession_without_locked_memory()
    {
        LimitMemoryLock(0, () => OwnThread.Run(static () =>
        {
            for (int i = 0; i < 30_000; i++)
            {
                using Ring ring = new(DefaultSize.Submissions, DefaultSize.Completions);
                using BufferRing buffers = new(ring, DefaultSize.Buffers, DefaultSize.BufferSize);
            }

            Assert.Null(UringProbe.Run(DefaultSize));
        }));
    }

    /// <summary>The application has the socket, and may make it non-blocking: operations then end with EAGAIN instead of waiting.</summary>
    [Fact]
    public async Task A_socket_that_the_application_made_non_blocking_is_served()
    {
        await using BareListener listener = await BareListener.BindAsync(Uring);
        await using BareListener.Pair pair = await listener.ConnectAsync(receiveBuffer: 4096);
        Socket socket = pair.Server.Features.Get<IConnectionSocketFeature>()!.Socket;
        Assert.True(socket.Blocking);
        socket.Blocking = false;
        byte[] bytes = TestApp.PatternBytes(3_000_000);
        Task echo = pair.Server.EchoAsync();
        for (int i = 0; i < 3; i++)
        {
            Task sending = pair.Client.SendAsync(bytes);
            Assert.Equal(bytes, await pair.Client.ReceiveExactlyAsync(bytes.Length));
            await sending;
        }

        pair.Client.ShutdownSend();
        await echo.WithinDeadline();
    }

    /// <summary>A receive waits in the kernel, and so does a send: both are cancelled and reaped before the descriptor is closed.</summary>
    [Theory, InlineData(true), InlineData(false)]
    public async Task A_connection_that_is_aborted_with_operations_in_flight_leaks_nothing(bool isSending)
    {
        CountingPoolFactory pools = new();
        LeakCheck leaks = new();
        await using (BareListener listener = await BareListener.BindAsync(Uring, pools: pools))
        {
            for (int i = 0; i < 20; i++)
            {
                await using BareListener.Pair pair = await listener.ConnectAsync(receiveBuffer: 4096);
                Task<FlushResult> write = isSending
                    ? pair.Server.Transport.Output.WriteAsync(new byte[8 << 20]).AsTask()
                    : Task.FromResult(default(FlushResult));
                Assert.Equal(isSending, !write.IsCompleted);
                pair.Server.Abort(new ConnectionAbortedException("test"));
                await pair.Client.ExpectResetAsync();
                await write.WithinDeadline();
            }
        }

        await pools.AllReturnedAsync();
        await leaks.NothingLeakedAsync();
    }

    /// <summary>
    /// A send that has just been found writable is tried again before it waits again; a cancellation in between finds nothing. It was lost,
    /// and the connection never ended.
    /// </summary>
    [Fact]
    public async Task A_cancellation_that_finds_nothing_is_repeated()
    {
        byte[] bytes = new byte[8_000_000];
        await using BareListener listener =
            await BareListener.BindAsync(Uring, settings: new TransportSettings { MaxWriteBufferSize = bytes.Length + 1 });
        using MeterReader meter = new(listener.Provider, UringMetrics.MeterName);
        for (int i = 0; i < 20 || (meter.Sum("transport.uring.repeated_cancellations") == 0 && i < 1000); i++)
        {
            await using BareListener.Pair pair = await listener.ConnectAsync(receiveBuffer: 4096);
            pair.Client.ShutdownSend();
            Assert.Equal("", await pair.Server.ReadToEndAsync());
            await pair.Server.Transport.Output.WriteAsync(bytes, Deadline.Token);
            pair.Server.Abort(null!);
            pair.Server.Abort(new ConnectionAbortedException("test"));
            await pair.Server.DisposeAsync().WithinDeadline();
            await pair.Client.ExpectResetAsync();
        }

        Assert.True(meter.Sum("transport.uring.repeated_cancellations") > 0, "No cancellation met an operation between two attempts.");
    }

    /// <summary>Numbers of descriptors come again at once; what is left of one connection must not meet the next.</summary>
    [Fact]
    public async Task Descriptors_that_are_used_again_see_only_their_own_bytes()
    {
        await using WebServer server = await WebServer.StartRawAsync(Uring, connection => connection.EchoAsync(), new() { LoopCount = 1 });
        await Task.WhenAll(Enumerable.Range(0, 8).Select(async worker =>
        {
            for (int i = 0; i < 200; i++)
            {
                using RawClient client = await server.ConnectAsync();
                string text = $"client {worker:00} {i:000}";
                await client.SendAsync(text);
                Assert.Equal(text, await client.ReceiveTextAsync(text.Length));
                if (i % 2 == 0)
                {
                    await client.SendAsync("left behind");
                    client.Reset();
                }
            }
        }));
    }

    private static unsafe void LimitMemoryLock(nuint bytes, Action body)
    {
        nuint* before = stackalloc nuint[2];
        nuint* lowered = stackalloc nuint[2];
        Assert.Equal(0, ResourceLimits.getrlimit(ResourceLimits.RLIMIT_MEMLOCK, before));
        (lowered[0], lowered[1]) = (bytes, before[1]);
        Assert.Equal(0, ResourceLimits.setrlimit(ResourceLimits.RLIMIT_MEMLOCK, lowered));
        try
        {
            body();
        }
        finally
        {
            Assert.Equal(0, ResourceLimits.setrlimit(ResourceLimits.RLIMIT_MEMLOCK, before));
        }
    }

    private sealed class FakeSocket : IUringSocket
    {
        public bool IsInFlight(OperationKind kind) => false;

        public bool IsCanceling(OperationKind kind) => false;

        public void OnCompletion(OperationKind kind, int result, uint flags)
        {
        }

        public void Close()
        {
        }

        public void ShutDown()
        {
        }
    }
}
