using System.Buffers;
using System.IO.Pipelines;
using Microsoft.AspNetCore.Connections;
using Microsoft.Win32.SafeHandles;
using Transport.Core.Features;
using Transport.Tests.Faults;

namespace Transport.Tests.SendFile;

/// <summary>What sendfile(2) may answer, to one connection among others.</summary>
public class SendFileFaultTests
{
    private const int Size = 300_000;

    [Theory]
    [Transports(true, Faults = true, Variants = true, NotOnSockets = FaultWorld.NotOnSockets)]
    [Transports(false, Faults = true, Variants = true, NotOnSockets = FaultWorld.NotOnSockets)]
    public async Task A_send_that_is_interrupted_or_finds_no_room_is_repeated(
        TransportUnderTest transport, bool interrupted) => await SendAsync(transport, port =>
    [
        FaultShim.Shorten(FaultShim.FileSends, 10_000, port),
        interrupted
            ? FaultShim.Fail(FaultShim.FileSends, Errno.EINTR, Role.Connected, port, count: 20)
            : FaultShim.Again(FaultShim.FileSends, port, skip: 1, count: 20),
    ]);

    [Theory]
    [Transports(1_000, Faults = true, Variants = true, NotOnSockets = FaultWorld.NotOnSockets)]
    [Transports(99_999, Faults = true, Variants = true, NotOnSockets = FaultWorld.NotOnSockets)]
    public async Task Short_counts_are_continued(TransportUnderTest transport, int most) =>
        await SendAsync(transport, port => [FaultShim.Shorten(FaultShim.FileSends, most, port)]);

    /// <summary>Before the first byte, or after some: reads take over where sendfile has stopped.</summary>
    [Theory]
    [Transports(Errno.EINVAL, 0, Faults = true, Variants = true, NotOnSockets = FaultWorld.NotOnSockets)]
    [Transports(Errno.EINVAL, 3, Faults = true, NotOnSockets = FaultWorld.NotOnSockets)]
    [Transports(Errno.ENOSYS, 0, Faults = true, NotOnSockets = FaultWorld.NotOnSockets)]
    [Transports(Errno.EOPNOTSUPP, 0, Faults = true, NotOnSockets = FaultWorld.NotOnSockets)]
    [Transports(Errno.EPERM, 0, Faults = true, NotOnSockets = FaultWorld.NotOnSockets)]
    public async Task Reads_are_used_where_sendfile_is_refused(TransportUnderTest transport, Errno error, int skip) => await SendAsync(
        transport, port =>
    [
        FaultShim.Shorten(FaultShim.FileSends, 10_000, port),
        FaultShim.Fail(FaultShim.FileSends, error, Role.Connected, port, skip, count: 1),
    ]);

    [Theory]
    [Transports(Faults = true, Variants = true, NotOnSockets = FaultWorld.NotOnSockets)]
    public async Task A_file_that_cannot_be_read_resets_the_connection_and_faults_the_flush(TransportUnderTest transport)
    {
        using PatternFile file = new(Size);
        TaskCompletionSource<Exception?> thrown = new(TaskCreationOptions.RunContinuationsAsynchronously);
        await using FaultWorld world = await FaultWorld.StartAsync(
            transport, async connection => thrown.TrySetResult(await AnswerAsync(connection, file)));
        using RawClient victim = await world.Server.ConnectAsync();
        await FaultWorld.EchoAsync(victim);
        using Fault shorten = FaultShim.Shorten(FaultShim.FileSends, 10_000, victim.LocalPort);
        using Fault fault = FaultShim.Fail(FaultShim.FileSends, Errno.EIO, Role.Connected, victim.LocalPort, skip: 2);
        await victim.SendAsync("f");
        await victim.ExpectResetAsync();
        await fault.FiredAsync();
        Assert.IsType<IOException>(await thrown.Task.WithinDeadline());
        await file.NotOpenAsync();
    }

    /// <summary>sendfile waits for the disk on a thread of the pool, and the connection ends meanwhile: its loop does not wait.</summary>
    [Theory]
    [Transports(Faults = true, NotOnSockets = FaultWorld.NotOnSockets)]
    public async Task A_loop_does_not_wait_for_a_slow_sendfile_of_another_thread(TransportUnderTest transport)
    {
        using PatternFile file = new(Size);
        TaskCompletionSource<ConnectionContext> sending = new(TaskCreationOptions.RunContinuationsAsynchronously);
        TaskCompletionSource ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
        await using FaultWorld world = await FaultWorld.StartAsync(transport, async connection =>
        {
            ReadResult read = await connection.Transport.Input.ReadAsync();
            bool isVictim = read.Buffer.FirstSpan is [(byte)'f'];
            connection.Transport.Input.AdvanceTo(isVictim ? read.Buffer.End : read.Buffer.Start);
            if (!isVictim)
            {
                await connection.EchoAsync();
                return;
            }

            await Task.Run(async () =>
            {
                using SafeFileHandle handle = file.Open();
                Assert.True(connection.Features.Get<ISendFileFeature>()!.TryAppend(connection.Transport.Output, handle, 0, Size));
                sending.SetResult(connection);
                await connection.Transport.Output.FlushAsync();
            });
            ended.SetResult();
        });
        using RawClient victim = await world.Server.ConnectAsync();
        using Fault slow = FaultShim.Delay(FaultShim.FileSends, TimeSpan.FromSeconds(2), Role.Connected, victim.LocalPort, count: 1);
        await victim.SendAsync("f");
        ConnectionContext connection = await sending.Task.WithinDeadline();
        await slow.FiredAsync();
        connection.Abort(new ConnectionAbortedException("the client is too slow"));
        await world.WitnessIsAnsweredAsync();
        Assert.False(ended.Task.IsCompleted);
        await ended.Task.WithinDeadline();
        await file.NotOpenAsync();
    }

    /// <summary>The file between two texts, three times over, while the faults are in force.</summary>
    private static async Task SendAsync(TransportUnderTest transport, Func<int, Fault[]> script)
    {
        using PatternFile file = new(Size);
        byte[] pattern = TestApp.PatternBytes(Size);
        await using FaultWorld world = await FaultWorld.StartAsync(transport, connection => AnswerAsync(connection, file));
        using RawClient victim = await world.Server.ConnectAsync();
        await FaultWorld.EchoAsync(victim);
        Fault[] faults = script(victim.LocalPort);
        for (int i = 0; i < 3; i++)
        {
            await victim.SendAsync("f");
            Assert.Equal("<", await victim.ReceiveTextAsync(1));
            byte[] received = await victim.ReceiveExactlyAsync(Size);
            Assert.True(pattern.AsSpan().SequenceEqual(received), "not the file's bytes");
            Assert.Equal(">", await victim.ReceiveTextAsync(1));
            await world.WitnessIsAnsweredAsync();
        }

        foreach (Fault fault in faults)
        {
            Assert.NotEqual(0, fault.Fired);
            fault.Dispose();
        }

        await file.NotOpenAsync();
    }

    /// <summary>The file for an f, and an echo for all else.</summary>
    /// <returns>What a flush has thrown.</returns>
    private static async Task<Exception?> AnswerAsync(ConnectionContext connection, PatternFile file)
    {
        while (true)
        {
            byte[] text;
            try
            {
                ReadResult read = await connection.Transport.Input.ReadAsync();
                text = read.Buffer.ToArray();
                connection.Transport.Input.AdvanceTo(read.Buffer.End);
            }
            catch (Exception exception)
            {
                return exception;
            }

            if (text.Length == 0)
            {
                return null;
            }

            PipeWriter output = connection.Transport.Output;
            if (text is [(byte)'f'])
            {
                using SafeFileHandle handle = file.Open();
                output.Write("<"u8);
                Assert.True(connection.Features.Get<ISendFileFeature>()!.TryAppend(output, handle, 0, Size));
                output.Write(">"u8);
            }
            else
            {
                output.Write(text);
            }

            try
            {
                await output.FlushAsync();
            }
            catch (Exception exception)
            {
                return exception;
            }
        }
    }
}
