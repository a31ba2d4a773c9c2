using System.IO.Pipelines;
using System.Net.Sockets;
using Microsoft.AspNetCore.Connections;

namespace Transport.Tests.Faults;

/// <summary>Every errno that a send may give, to one connection among others.</summary>
public class SendFaultTests
{
    /// <summary>A peer that left is no error of the application's: its flush ends as completed.</summary>
    [Theory]
    [Transports(Errno.EPIPE, Faults = true, Variants = true, NotOnSockets = FaultWorld.NotOnSockets)]
    [Transports(Errno.ECONNRESET, Faults = true, Variants = true, NotOnSockets = FaultWorld.NotOnSockets)]
    public async Task A_peer_that_left_is_logged_and_the_flush_completes(TransportUnderTest transport, Errno error)
    {
        (Exception? exception, FaultWorld? world) = await VictimsFlushAsync(transport, error);
        await using (world)
        {
            Assert.Null(exception);
            await world.Server.Logs.WaitForAsync(transport.LogCategory, 19);
        }
    }

    [Theory]
    [Transports(Errno.ETIMEDOUT, Faults = true, NotOnSockets = FaultWorld.NotOnSockets)]
    [Transports(Errno.EHOSTUNREACH, Faults = true, Variants = true, NotOnSockets = FaultWorld.NotOnSockets)]
    [Transports(Errno.ENETUNREACH, Faults = true, NotOnSockets = FaultWorld.NotOnSockets)]
    [Transports(Errno.ENETDOWN, Faults = true, NotOnSockets = FaultWorld.NotOnSockets)]
    [Transports(Errno.EHOSTDOWN, Faults = true, NotOnSockets = FaultWorld.NotOnSockets)]
    [Transports(Errno.EACCES, Faults = true, NotOnSockets = FaultWorld.NotOnSockets)]
    [Transports(Errno.EPERM, Faults = true, NotOnSockets = FaultWorld.NotOnSockets)]
    [Transports(Errno.EDESTADDRREQ, Faults = true, NotOnSockets = FaultWorld.NotOnSockets)]
    [Transports(Errno.EMSGSIZE, Faults = true, NotOnSockets = FaultWorld.NotOnSockets)]
    [Transports(Errno.ENOBUFS, Faults = true, NotOnSockets = FaultWorld.NotOnSockets)]
    [Transports(Errno.ENOMEM, Faults = true, NotOnSockets = FaultWorld.NotOnSockets)]
    [Transports(Errno.ENOTCONN, Faults = true, NotOnSockets = FaultWorld.NotOnSockets)]
    [Transports(Errno.EOPNOTSUPP, Faults = true, NotOnSockets = FaultWorld.NotOnSockets)]
    public async Task Any_other_error_ends_the_connection_and_faults_the_flush(TransportUnderTest transport, Errno error)
    {
        (Exception? exception, FaultWorld? world) = await VictimsFlushAsync(transport, error);
        await using (world)
        {
            Assert.IsAssignableFrom<SocketException>(exception);
            Assert.IsAssignableFrom<SocketException>((await world.Server.Logs.WaitForAsync(transport.LogCategory, 14)).Exception);
        }
    }

    [Theory]
    [Transports(true, Faults = true, Variants = true, NotOnSockets = FaultWorld.NotOnSockets)]
    [Transports(false, Faults = true, Variants = true, NotOnSockets = FaultWorld.NotOnSockets)]
    public async Task A_send_that_is_interrupted_or_finds_no_room_is_repeated(TransportUnderTest transport, bool interrupted)
    {
        await using FaultWorld world = await FaultWorld.StartAsync(transport);
        using RawClient victim = await world.Server.ConnectAsync();
        using Fault fault = interrupted
            ? FaultShim.Fail(FaultShim.Sends, Errno.EINTR, Role.Connected, victim.LocalPort, count: 20)
            : FaultShim.Again(FaultShim.Sends, victim.LocalPort, count: 20);
        for (int i = 0; i < 20; i++)
        {
            await FaultWorld.EchoAsync(victim);
            await world.WitnessIsAnsweredAsync();
        }
        await fault.FiredAsync(20);
    }

    [Theory]
    [Transports(1, Faults = true, Variants = true, NotOnSockets = FaultWorld.NotOnSockets)]
    [Transports(1000, Faults = true, Variants = true, NotOnSockets = FaultWorld.NotOnSockets)]
    public async Task Short_sends_are_continued(TransportUnderTest transport, int most)
    {
        await using FaultWorld world = await FaultWorld.StartAsync(transport);
        using RawClient victim = await world.Server.ConnectAsync();
        using Fault fault = FaultShim.Shorten(FaultShim.Sends, most, victim.LocalPort);
        byte[] bytes = TestApp.PatternBytes(2000 + 20 * most);
        Task sending = victim.SendAsync(bytes);
        Assert.Equal(bytes, await victim.ReceiveExactlyAsync(bytes.Length));
        await sending;
        Assert.True(fault.Fired >= bytes.Length / most);
    }

    /// <returns>What the victim's flush throws in the end, or null when it completes.</returns>
    private static async Task<(Exception? Thrown, FaultWorld World)> VictimsFlushAsync(TransportUnderTest transport, Errno error)
    {
        TaskCompletionSource<Exception?> thrown = new TaskCompletionSource<Exception?>(TaskCreationOptions.RunContinuationsAsynchronously);
        FaultWorld world = await FaultWorld.StartAsync(transport, async connection =>
        {
            await EchoUntilFaultAsync(connection, thrown);
        });
        using RawClient victim = await world.Server.ConnectAsync();
        await FaultWorld.EchoAsync(victim);
        using (Fault fault = FaultShim.Fail(FaultShim.Sends, error, Role.Connected, victim.LocalPort))
        {
            await victim.SendAsync("x");
            await fault.FiredAsync();
            await world.EverybodyIsAnsweredAsync();
            await victim.DrainAsync();
        }
        return (await thrown.Task.WithinDeadline("the end of the victim's flush"), world);
    }

    private static async Task EchoUntilFaultAsync(ConnectionContext connection, TaskCompletionSource<Exception?> thrown)
    {
        while (true)
        {
            byte[] text = new byte[1];
            try
            {
                ReadResult read = await connection.Transport.Input.ReadAsync();
                if (read.Buffer.IsEmpty && read.IsCompleted)
                {
                    return;
                }

                text = System.Buffers.BuffersExtensions.ToArray(read.Buffer);
                connection.Transport.Input.AdvanceTo(read.Buffer.End);
            }
            catch (Exception exception) when (exception is IOException or SocketException)
            {
                // the witness and the passers-by leave too; what the victim's flush says is asked below
            }
            try
            {
                if (!(await connection.Transport.Output.WriteAsync(text)).IsCompleted)
                {
                    await Task.Yield();
                    continue;
                }
                thrown.TrySetResult(null);
            }
            catch (Exception exception)
            {
                thrown.TrySetResult(exception);
            }
            return;
        }
    }
}
