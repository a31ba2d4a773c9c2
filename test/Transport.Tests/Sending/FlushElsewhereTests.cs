using System.Buffers;
using System.Buffers.Binary;
using System.IO.Pipelines;
using Microsoft.AspNetCore.Connections;

namespace Transport.Tests.Sending;

/// <summary>
/// Flushes that come neither from the loop nor from the threads that drain its work: of handlers that have awaited something, and of
/// HTTP/2's frame writer.
/// </summary>
public class FlushElsewhereTests
{
    private static readonly TransportSettings OneLoop = new() { LoopCount = 1 };

    [Theory]
    [Transports(Model = "epoll"), Transports(Model = "poll"), Transports(Model = "select"), Transports(Model = "rtsig"),
        Transports(Model = "busy")]
    public async Task A_flush_is_sent_while_the_loop_is_busy(TransportUnderTest transport)
    {
        await using BareListener listener =
            await BareListener.BindAsync(transport, settings: OneLoop with { UnsafePreferInlineScheduling = true });
        await using BareListener.Pair busy = await listener.ConnectAsync();
        await using BareListener.Pair other = await listener.ConnectAsync();
        using ManualResetEventSlim blocked = new ManualResetEventSlim();
        using ManualResetEventSlim released = new ManualResetEventSlim();
        Task blocking = BlockLoopAsync();
        await busy.Client.SendAsync("x");
        // Not here: what has awaited an accept may be on the loop.
        Assert.True(await Task.Run(() => blocked.Wait(Deadline.Default), TestContext.Current.CancellationToken));
        try
        {
            await Task.Run(() => other.Server.WriteAsync("past the loop"), TestContext.Current.CancellationToken).WithinDeadline();
            Assert.Equal("past the loop", await other.Client.ReceiveTextAsync(13));
        }
        finally
        {
            released.Set();
        }
        await blocking.WithinDeadline();

        async Task BlockLoopAsync()
        {
            ReadResult result = await busy.Server.Transport.Input.ReadAsync(Deadline.Token).ConfigureAwait(false);
            blocked.Set();
            released.Wait(Deadline.Default, CancellationToken.None);
            busy.Server.Transport.Input.AdvanceTo(result.Buffer.End);
        }
    }

    /// <summary>
    /// One flush after another with nothing received in between is gathered: none may be lost by that, nor overtake another.
    /// </summary>
    [Theory, Transports(Variants = true)]
    public async Task Small_and_large_flushes_arrive_whole_and_in_order(TransportUnderTest transport)
    {
        const int Flushes = 4000;
        await using BareListener listener = await BareListener.BindAsync(transport, settings: OneLoop);
        await using BareListener.Pair pair = await listener.ConnectAsync();
        // Every fiftieth does not fit the socket's buffer, or is sent at once while a small one waits to be gathered.
        int[] lengths = Enumerable.Range(0, Flushes).Select(i => i % 50 == 49 ? 100_000 : 4 + i % 7).ToArray();
        Task writing = Task.Run(async () =>
        {
            for (int i = 0; i < Flushes; i++)
            {
                byte[] bytes = new byte[lengths[i]];
                BinaryPrimitives.WriteInt32BigEndian(bytes, i);
                Assert.False((await pair.Server.Transport.Output.WriteAsync(bytes, Deadline.Token)).IsCompleted);
            }
        }, TestContext.Current.CancellationToken);
        for (int i = 0; i < Flushes; i++)
        {
            Assert.Equal(i, BinaryPrimitives.ReadInt32BigEndian(await pair.Client.ReceiveExactlyAsync(lengths[i])));
        }

        await writing.WithinDeadline();
    }

    /// <summary>
    /// The number of a connection that is aborted while another thread sends on it is soon another's: nothing of the old one may reach the
    /// new one.
    /// </summary>
    [Theory, Transports(Variants = true)]
    public async Task An_abort_during_a_flush_sends_nothing_to_the_next_connection(TransportUnderTest transport)
    {
        await using BareListener listener = await BareListener.BindAsync(transport, settings: OneLoop);
        for (int round = 0; round < 300; round++)
        {
            BareListener.Pair pair = await listener.ConnectAsync();
            byte mark = (byte)(round % 251);
            byte[] bytes = Enumerable.Repeat(mark, 200_000).ToArray();
            using Barrier start = new Barrier(2);
            Task flushing = Task.Run(async () =>
            {
                start.SignalAndWait(Deadline.Default);
                for (bool sent = false; !sent;)
                {
                    sent = (await pair.Server.Transport.Output.WriteAsync(bytes, Deadline.Token)).IsCompleted;
                }
            }, TestContext.Current.CancellationToken);
            Task reading = Task.Run(() => OnlyAsync(pair.Client, mark), TestContext.Current.CancellationToken);
            Task aborting = Task.Run(() =>
            {
                start.SignalAndWait(Deadline.Default);
                pair.Server.Abort(new ConnectionAbortedException("test"));
            }, TestContext.Current.CancellationToken);
            await Task.WhenAll(flushing, aborting).WithinDeadline();
            await reading.WithinDeadline();
            await pair.DisposeAsync();
        }
    }

    private static async Task OnlyAsync(RawClient client, byte mark)
    {
        byte[] buffer = new byte[65536];
        try
        {
            while (await client.ReceiveAsync(buffer) is var count and > 0)
            {
                Assert.Equal(-1, buffer.AsSpan(0, count).IndexOfAnyExcept(mark));
            }
        }
        catch (System.Net.Sockets.SocketException reset) when (reset.SocketErrorCode == System.Net.Sockets.SocketError.ConnectionReset)
        {
        }
    }
}
