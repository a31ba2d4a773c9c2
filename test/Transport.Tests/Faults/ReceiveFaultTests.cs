using System.Net.Sockets;
using Microsoft.AspNetCore.Connections;

namespace Transport.Tests.Faults;

/// <summary>Every errno that a receive may give, to one connection among others.</summary>
public class ReceiveFaultTests
{
    [Theory, Transports(Faults = true, Variants = true, NotOnSockets = FaultWorld.NotOnSockets)]
    public async Task A_reset_ends_the_connection(TransportUnderTest transport)
    {
        (Exception? exception, FaultWorld? world) = await VictimSeesAsync(transport, Errno.ECONNRESET);
        await using (world)
        {
            Assert.IsType<SocketException>(Assert.IsType<ConnectionResetException>(exception).InnerException);
            await world.Server.Logs.WaitForAsync(transport.LogCategory, 19);
        }
    }

    /// <summary>What the network says to a connection (tcp(7), icmp_err_convert), and what memory does.</summary>
    [Theory]
    [Transports(Errno.ETIMEDOUT, Faults = true, Variants = true, NotOnSockets = FaultWorld.NotOnSockets)]
    [Transports(Errno.EHOSTUNREACH, Faults = true, NotOnSockets = FaultWorld.NotOnSockets)]
    [Transports(Errno.ENETUNREACH, Faults = true, NotOnSockets = FaultWorld.NotOnSockets)]
    [Transports(Errno.ECONNREFUSED, Faults = true, NotOnSockets = FaultWorld.NotOnSockets)]
    [Transports(Errno.ENOPROTOOPT, Faults = true, NotOnSockets = FaultWorld.NotOnSockets)]
    [Transports(Errno.EHOSTDOWN, Faults = true, NotOnSockets = FaultWorld.NotOnSockets)]
    [Transports(Errno.ENONET, Faults = true, NotOnSockets = FaultWorld.NotOnSockets)]
    [Transports(Errno.EMSGSIZE, Faults = true, NotOnSockets = FaultWorld.NotOnSockets)]
    [Transports(Errno.EOPNOTSUPP, Faults = true, NotOnSockets = FaultWorld.NotOnSockets)]
    [Transports(Errno.ENOTCONN, Faults = true, NotOnSockets = FaultWorld.NotOnSockets)]
    [Transports(Errno.ENOMEM, Faults = true, NotOnSockets = FaultWorld.NotOnSockets)]
    [Transports(Errno.ENOBUFS, Faults = true, NotOnSockets = FaultWorld.NotOnSockets)]
    public async Task Any_other_error_is_thrown_as_it_is_and_logged(TransportUnderTest transport, Errno error)
    {
        (Exception? exception, FaultWorld? world) = await VictimSeesAsync(transport, error);
        await using (world)
        {
            Assert.IsAssignableFrom<SocketException>(exception);
            Assert.Same(exception, (await world.Server.Logs.WaitForAsync(transport.LogCategory, 14)).Exception);
        }
    }

    [Theory]
    [Transports(true, Faults = true, Variants = true, NotOnSockets = FaultWorld.NotOnSockets)]
    [Transports(false, Faults = true, Variants = true, NotOnSockets = FaultWorld.NotOnSockets)]
    public async Task A_receive_that_is_interrupted_or_finds_no_data_is_repeated(TransportUnderTest transport, bool interrupted)
    {
        await using FaultWorld world = await FaultWorld.StartAsync(transport);
        using RawClient victim = await world.Server.ConnectAsync();
        using Fault fault = interrupted
            ? FaultShim.Fail(FaultShim.Receives, Errno.EINTR, Role.Connected, victim.LocalPort, count: 20)
            : FaultShim.Again(FaultShim.Receives, victim.LocalPort, count: 20);
        for (int i = 0; i < 10; i++)
        {
            await FaultWorld.EchoAsync(victim);
            await world.WitnessIsAnsweredAsync();
        }
        await fault.FiredAsync(20);
    }

    [Theory]
    [Transports(1, Faults = true, Variants = true, NotOnSockets = FaultWorld.NotOnSockets)]
    [Transports(1000, Faults = true, Variants = true, NotOnSockets = FaultWorld.NotOnSockets)]
    public async Task Short_receives_are_continued(TransportUnderTest transport, int most)
    {
        await using FaultWorld world = await FaultWorld.StartAsync(transport);
        using RawClient victim = await world.Server.ConnectAsync();
        using Fault fault = FaultShim.Shorten(FaultShim.Receives, most, victim.LocalPort);
        // io_uring's receive is under way before the fault is in force.
        await FaultWorld.EchoAsync(victim);
        byte[] bytes = TestApp.PatternBytes(2000 + 20 * most);
        Task sending = victim.SendAsync(bytes);
        Assert.Equal(bytes, await victim.ReceiveExactlyAsync(bytes.Length));
        await sending;
        Assert.True(fault.Fired >= bytes.Length / most);
    }

    private static async Task<(Exception Seen, FaultWorld World)> VictimSeesAsync(TransportUnderTest transport, Errno error)
    {
        TaskCompletionSource<Exception> seen = new TaskCompletionSource<Exception>(TaskCreationOptions.RunContinuationsAsynchronously);
        FaultWorld world = await FaultWorld.StartAsync(transport, async connection =>
        {
            try
            {
                await connection.EchoAsync();
            }
            catch (Exception exception)
            {
                seen.TrySetResult(exception);
            }
        });
        using RawClient victim = await world.Server.ConnectAsync();
        await FaultWorld.EchoAsync(victim);
        // io_uring says ENOBUFS of its own buffers too, and is asked again with the connection's memory.
        int count = transport.Model == "uring" && error == Errno.ENOBUFS ? 2 : 1;
        using (Fault fault = FaultShim.Fail(FaultShim.Receives, error, Role.Connected, victim.LocalPort, count: count))
        {
            await victim.SendAsync("x");
            await fault.FiredAsync();
            await world.EverybodyIsAnsweredAsync();
            await victim.DrainAsync();
        }
        return (await seen.Task.WithinDeadline("what the victim's handler sees"), world);
    }
}
