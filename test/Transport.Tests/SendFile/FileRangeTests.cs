using System.Buffers;
using System.IO.Pipelines;
using System.Security.Cryptography;
using Microsoft.AspNetCore.Connections;
using Microsoft.Win32.SafeHandles;
using Transport.Core.Features;

namespace Transport.Tests.SendFile;

/// <summary>File ranges in the output of a connection, without HTTP above it.</summary>
public class FileRangeTests(ITestOutputHelper console)
{
    private const string NotOnSockets = "it has no ISendFileFeature";

    private static readonly TransportSettings Small = new() { MaxWriteBufferSize = 1000, LoopCount = 1 };

    [Theory, Transports(Variants = true, NotOnSockets = NotOnSockets)]
    public async Task Bytes_and_ranges_arrive_in_order(TransportUnderTest transport)
    {
        using PatternFile file = new(3_000_000);
        byte[] pattern = TestApp.PatternBytes(3_000_000);
        using SafeFileHandle handle = file.Open();
        await using BareListener listener = await BareListener.BindAsync(transport);
        await using BareListener.Pair pair = await listener.ConnectAsync();
        Random random = new(Seed.Next(console));
        using MemoryStream expected = new();
        Task<byte[]> receiving = Task.Run(pair.Client.ReceiveToEndAsync);
        PipeWriter output = pair.Server.Transport.Output;
        for (int i = 0; i < 300; i++)
        {
            int count = random.Next(1, i % 10 == 0 ? 1_000_000 : 5_000);
            int offset = random.Next(0, pattern.Length - count);
            switch (random.Next(4))
            {
                case 0:
                    output.Write(pattern.AsSpan(offset, count));
                    break;
                case 1:
                    await output.FlushAsync(Deadline.Token);
                    continue;
                default:
                    Append(pair.Server, handle, offset, count);
                    break;
            }

            expected.Write(pattern, offset, count);
        }

        await output.FlushAsync(Deadline.Token);
        await pair.Server.DisposeAsync().WithinDeadline();
        byte[] received = await receiving;
        Assert.Equal(expected.Length, received.Length);
        Assert.True(expected.ToArray().AsSpan().SequenceEqual(received));
        handle.Dispose();
        await file.NotOpenAsync();
    }

    [Theory, Transports(NotOnSockets = NotOnSockets)]
    public async Task A_sparse_file_is_served_beyond_4_GiB(TransportUnderTest transport)
    {
        const long Far = (4L << 30) - 10;
        const int Long = 1 << 28;
        using PatternFile file = new(5L << 30, written: 100_000);
        byte[] mark = TestApp.PatternBytes(50_000);
        file.Write(Far, mark);
        await using BareListener listener = await BareListener.BindAsync(transport);
        await using BareListener.Pair pair = await listener.ConnectAsync();
        using IncrementalHash expected = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        expected.AppendData(mark.AsSpan(0, 50_000));
        expected.AppendData(TestApp.PatternBytes(100_000));
        byte[] zeros = new byte[1 << 20];
        const int Holes = Long - 100_000;
        for (int left = Holes; left > 0; left -= zeros.Length)
        {
            expected.AppendData(zeros.AsSpan(0, Math.Min(left, zeros.Length)));
        }

        Task sending = SendAsync();
        using IncrementalHash received = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        byte[] buffer = new byte[1 << 20];
        long total = 0;
        while (total < Long + 50_000)
        {
            int count = await pair.Client.ReceiveAsync(buffer);
            Assert.NotEqual(0, count);
            received.AppendData(buffer.AsSpan(0, count));
            total += count;
        }

        await sending;
        Assert.Equal(expected.GetHashAndReset(), received.GetHashAndReset());

        async Task SendAsync()
        {
            using SafeFileHandle handle = file.Open();
            Append(pair.Server, handle, Far, 50_000);
            Append(pair.Server, handle, 0, Long);
            // Each receive has a deadline; all of them together may take long on a busy machine.
            await pair.Server.Transport.Output.FlushAsync(CancellationToken.None);
        }
    }

    [Theory, Transports(Variants = true, NotOnSockets = NotOnSockets)]
    public async Task A_client_that_does_not_read_delays_the_writer(TransportUnderTest transport)
    {
        using PatternFile file = new(16_000_000);
        await using BareListener listener = await BareListener.BindAsync(transport, settings: Small);
        await using BareListener.Pair pair = await listener.ConnectAsync(receiveBuffer: 16 * 1024);
        using (SafeFileHandle handle = file.Open())
        {
            Append(pair.Server, handle, 0, 16_000_000);
        }

        Assert.Equal(16_000_000, pair.Server.Transport.Output.UnflushedBytes);
        Task<FlushResult> flush = pair.Server.Transport.Output.FlushAsync(Deadline.Token).AsTask();
        byte[] buffer = await pair.Client.ReceiveExactlyAsync(1_000_000);
        Assert.True(TestApp.PatternBytes(1_000_000).AsSpan().SequenceEqual(buffer));
        Assert.False(flush.IsCompleted);
        Assert.Equal(1, file.OpenDescriptors);
        AssertPattern(await pair.Client.ReceiveExactlyAsync(15_000_000), 1_000_000);
        Assert.False((await flush.WithinDeadline()).IsCompleted);
        await file.NotOpenAsync();
        await pair.Server.WriteAsync("and on");
        Assert.Equal("and on", await pair.Client.ReceiveTextAsync(6));
    }

    [Theory, Transports(NotOnSockets = NotOnSockets)]
    public async Task A_flush_that_waits_can_be_cancelled_and_nothing_is_lost(TransportUnderTest transport)
    {
        using PatternFile file = new(16_000_000);
        await using BareListener listener = await BareListener.BindAsync(transport, settings: Small);
        await using BareListener.Pair pair = await listener.ConnectAsync(receiveBuffer: 16 * 1024);
        using SafeFileHandle handle = file.Open();
        PipeWriter output = pair.Server.Transport.Output;
        Append(pair.Server, handle, 0, 16_000_000);
        ValueTask<FlushResult> first = output.FlushAsync(Deadline.Token);
        Assert.False(first.IsCompleted);
        output.CancelPendingFlush();
        Assert.True((await first.AsTask().WithinDeadline()).IsCanceled);
        using CancellationTokenSource cancelled = new();
        Task<FlushResult> second = output.FlushAsync(cancelled.Token).AsTask();
        await cancelled.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => second.WithinDeadline());
        Task<FlushResult> third = output.FlushAsync(Deadline.Token).AsTask();
        AssertPattern(await pair.Client.ReceiveExactlyAsync(16_000_000), 0);
        FlushResult result = await third.WithinDeadline();
        Assert.False(result.IsCanceled || result.IsCompleted);
    }

    [Theory, Transports(Variants = true, NotOnSockets = NotOnSockets)]
    public async Task A_client_that_resets_ends_the_flush_and_closes_the_file(TransportUnderTest transport)
    {
        using PatternFile file = new(16_000_000);
        await using BareListener listener = await BareListener.BindAsync(transport, settings: Small);
        await using BareListener.Pair pair = await listener.ConnectAsync(receiveBuffer: 16 * 1024);
        using (SafeFileHandle handle = file.Open())
        {
            Append(pair.Server, handle, 0, 16_000_000);
            Append(pair.Server, handle, 0, 16_000_000);
        }

        Task<FlushResult> flush = pair.Server.Transport.Output.FlushAsync(Deadline.Token).AsTask();
        await pair.Client.ReceiveExactlyAsync(100_000);
        pair.Client.Reset();
        Assert.True((await flush.WithinDeadline()).IsCompleted);
        await file.NotOpenAsync();
        Assert.True((await pair.Server.Transport.Output.FlushAsync(Deadline.Token)).IsCompleted);
    }

    [Theory, Transports(Variants = true, NotOnSockets = NotOnSockets)]
    public async Task A_file_that_is_cut_short_resets_the_connection(TransportUnderTest transport)
    {
        using PatternFile file = new(16_000_000);
        await using BareListener listener = await BareListener.BindAsync(transport, settings: Small);
        await using BareListener.Pair pair = await listener.ConnectAsync(receiveBuffer: 16 * 1024);
        using (SafeFileHandle handle = file.Open())
        {
            Append(pair.Server, handle, 0, 16_000_000);
        }

        Task<FlushResult> flush = pair.Server.Transport.Output.FlushAsync(Deadline.Token).AsTask();
        await pair.Client.ReceiveExactlyAsync(100_000);
        using (FileStream cut = new(file.Path, FileMode.Open, FileAccess.Write, FileShare.ReadWrite))
        {
            cut.SetLength(0);
        }

        await pair.Client.ExpectResetAsync();
        await Assert.ThrowsAsync<EndOfStreamException>(() => flush.WithinDeadline());
        await file.NotOpenAsync();
    }

    [Theory, Transports(NotOnSockets = NotOnSockets)]
    public async Task Disposing_the_connection_sends_what_was_flushed_and_then_FIN(TransportUnderTest transport)
    {
        using PatternFile file = new(8_000_000);
        await using BareListener listener = await BareListener.BindAsync(transport,
            settings: new TransportSettings { MaxWriteBufferSize = null });
        await using BareListener.Pair pair = await listener.ConnectAsync(receiveBuffer: 16 * 1024);
        using (SafeFileHandle handle = file.Open())
        {
            await pair.Server.WriteAsync("before");
            Append(pair.Server, handle, 0, 8_000_000);
        }

        Assert.False((await pair.Server.Transport.Output.FlushAsync(Deadline.Token)).IsCompleted);
        Task disposing = pair.Server.DisposeAsync().AsTask();
        byte[] received = await pair.Client.ReceiveToEndAsync();
        Assert.Equal("before"u8, received.AsSpan(0, 6));
        Assert.True(TestApp.PatternBytes(8_000_000).AsSpan().SequenceEqual(received.AsSpan(6)));
        await disposing.WithinDeadline();
        await file.NotOpenAsync();
    }

    [Theory, Transports(NotOnSockets = NotOnSockets)]
    public async Task An_abort_resets_and_closes_the_file(TransportUnderTest transport)
    {
        using PatternFile file = new(16_000_000);
        await using BareListener listener = await BareListener.BindAsync(transport, settings: Small);
        await using BareListener.Pair pair = await listener.ConnectAsync(receiveBuffer: 16 * 1024);
        using (SafeFileHandle handle = file.Open())
        {
            Append(pair.Server, handle, 0, 16_000_000);
        }

        Task<FlushResult> flush = pair.Server.Transport.Output.FlushAsync(Deadline.Token).AsTask();
        await pair.Client.ReceiveExactlyAsync(1000);
        pair.Server.Abort(new ConnectionAbortedException("enough"));
        await pair.Client.ExpectResetAsync();
        Assert.True((await flush.WithinDeadline()).IsCompleted);
        await file.NotOpenAsync();
    }

    [Theory, Transports(NotOnSockets = NotOnSockets)]
    public async Task Many_concurrent_clients_leak_nothing(TransportUnderTest transport)
    {
        using PatternFile file = new(2_000_000);
        byte[] pattern = TestApp.PatternBytes(2_000_000);
        LeakCheck leaks;
        await using (BareListener warm = await BareListener.BindAsync(transport))
        {
            leaks = new LeakCheck();
        }

        await using (BareListener listener = await BareListener.BindAsync(transport, settings: new TransportSettings { LoopCount = 2 }))
        {
            List<BareListener.Pair> pairs = [];
            for (int i = 0; i < 40; i++)
            {
                pairs.Add(await listener.ConnectAsync());
            }

            await Task.WhenAll(pairs.Select(async pair =>
            {
                Task<byte[]> receiving = Task.Run(() => pair.Client.ReceiveExactlyAsync(6_000_003));
                for (int i = 0; i < 3; i++)
                {
                    await pair.Server.WriteAsync("-");
                    using SafeFileHandle handle = file.Open();
                    Append(pair.Server, handle, 0, pattern.Length);
                    await pair.Server.Transport.Output.FlushAsync(Deadline.Token);
                }

                byte[] received = await receiving;
                for (int i = 0; i < 3; i++)
                {
                    Assert.Equal((byte)'-', received[i * 2_000_001]);
                    Assert.True(pattern.AsSpan().SequenceEqual(received.AsSpan((i * 2_000_001) + 1, 2_000_000)));
                }
            }));
            foreach (BareListener.Pair pair in pairs)
            {
                await pair.DisposeAsync();
            }

            await listener.Pools.AllReturnedAsync();
        }

        await file.NotOpenAsync();
        await leaks.NothingLeakedAsync();
    }

    /// <summary>proc(5) has no splice: EINVAL. What sendfile refuses is read, in its place.</summary>
    [Theory, Transports(NotOnSockets = NotOnSockets)]
    public async Task A_file_that_sendfile_refuses_is_read(TransportUnderTest transport)
    {
        byte[] expected = await File.ReadAllBytesAsync("/proc/self/limits");
        await using BareListener listener = await BareListener.BindAsync(transport);
        await using BareListener.Pair pair = await listener.ConnectAsync();
        using (SafeFileHandle handle = File.OpenHandle("/proc/self/limits"))
        {
            pair.Server.Transport.Output.Write("before"u8);
            Append(pair.Server, handle, 0, expected.Length);
            pair.Server.Transport.Output.Write("after"u8);
        }

        await pair.Server.Transport.Output.FlushAsync(Deadline.Token);
        byte[] received = await pair.Client.ReceiveExactlyAsync(expected.Length + 11);
        Assert.Equal([.. "before"u8, .. expected, .. "after"u8], received);
    }

    [Theory, Transports(NotOnSockets = NotOnSockets)]
    public async Task A_file_is_declined_if_its_bytes_do_not_reach_the_socket_unchanged(TransportUnderTest transport)
    {
        using PatternFile file = new(1000);
        using SafeFileHandle handle = file.Open();
        await using BareListener listener = await BareListener.BindAsync(transport);
        await using BareListener.Pair pair = await listener.ConnectAsync();
        ISendFileFeature feature = pair.Server.Features.Get<ISendFileFeature>()!;
        Pipe other = new();
        Assert.False(feature.TryAppend(other.Writer, handle, 0, 1000));
        IDuplexPipe original = pair.Server.Transport;
        pair.Server.Transport = new DuplexPipe();
        Assert.False(feature.TryAppend(original.Output, handle, 0, 1000));
        pair.Server.Transport = original;
        Assert.Throws<ArgumentOutOfRangeException>(() => feature.TryAppend(original.Output, handle, 0, 0));
        Assert.Throws<ArgumentOutOfRangeException>(() => feature.TryAppend(original.Output, handle, -1, 1));
        Assert.True(feature.TryAppend(original.Output, handle, 10, 3));
        await pair.Server.WriteAsync("!");
        byte[] received = await pair.Client.ReceiveExactlyAsync(4);
        Assert.Equal([.. TestApp.PatternBytes(13)[10..], (byte)'!'], received);
    }

    [Theory, Transports(NotOnSockets = NotOnSockets)]
    public async Task The_feature_is_absent_if_sendfile_is_off(TransportUnderTest transport)
    {
        await using BareListener listener = await BareListener.BindAsync(transport,
            settings: new TransportSettings { Ours = options => options.SendFile = false });
        await using BareListener.Pair pair = await listener.ConnectAsync();
        Assert.Null(pair.Server.Features.Get<ISendFileFeature>());
    }

    private static void AssertPattern(byte[] received, int start)
        => Assert.True(TestApp.PatternBytes(start + received.Length).AsSpan(start).SequenceEqual(received), "not the file's bytes");

    private static void Append(ConnectionContext connection, SafeFileHandle file, long offset, int count)
        => Assert.True(connection.Features.Get<ISendFileFeature>()!.TryAppend(connection.Transport.Output, file, offset, count));
}
