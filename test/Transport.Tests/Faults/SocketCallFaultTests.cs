using System.IO.Pipelines;
using Microsoft.AspNetCore.Connections;

namespace Transport.Tests.Faults;

/// <summary>setsockopt, shutdown and close: their failing must cost at most the connection that they were made for.</summary>
public class SocketCallFaultTests
{
    /// <summary>
    /// SO_REUSEPORT and TCP_NODELAY, the latter perhaps on the listener from which connections inherit it: done without, or a start that
    /// says so.
    /// </summary>
    [Theory]
    [Transports(Errno.EINVAL, Faults = true, Variants = true, NotOnSockets = FaultWorld.NotOnSockets)]
    [Transports(Errno.ENOPROTOOPT, Faults = true, NotOnSockets = FaultWorld.NotOnSockets)]
    [Transports(Errno.ENOBUFS, Faults = true, NotOnSockets = FaultWorld.NotOnSockets)]
    [Transports(Errno.ENOMEM, Faults = true, NotOnSockets = FaultWorld.NotOnSockets)]
    public async Task Setsockopt_on_the_way_to_a_connection(TransportUnderTest transport, Errno error)
    {
        await (await WebServer.StartAsync(transport, TestApp.HelloAsync)).DisposeAsync();
        LeakCheck before = new LeakCheck();
        for (int nth = 0; nth < 6; nth++)
        {
            using Fault fault = FaultShim.Fail(["setsockopt"], error, skip: nth);
            try
            {
                await using WebServer server =
                    await WebServer.StartAsync(transport, TestApp.HelloAsync, new TransportSettings { LoopCount = 2 });
                for (int i = 0; i < 4; i++)
                {
                    using RawClient client = await server.ConnectAsync();
                    Assert.Equal(200, (await client.GetAsync("/")).Status);
                }
            }
            catch (Exception exception) when (exception is System.Net.Sockets.SocketException
                || exception.ToString().Contains("setsockopt", StringComparison.Ordinal))
            {
                // refused by its name
            }
            Assert.True(nth > 0 || fault.Fired == 1, "setsockopt is never called");
        }
        await before.NothingLeakedAsync();
    }

    [Theory]
    [Transports(Errno.EINVAL, Faults = true, NotOnSockets = FaultWorld.NotOnSockets)]
    [Transports(Errno.ENOMEM, Faults = true, NotOnSockets = FaultWorld.NotOnSockets)]
    public async Task Setsockopt_of_an_abort(TransportUnderTest transport, Errno error)
    {
        await using FaultWorld world = await FaultWorld.StartAsync(transport, AbortOnBangAsync);
        using RawClient victim = await world.Server.ConnectAsync();
        await FaultWorld.EchoAsync(victim);
        using Fault fault = FaultShim.Fail(["setsockopt"], error, Role.Connected, victim.LocalPort);
        await victim.SendAsync("!");
        await victim.DrainAsync();
        Assert.Equal(1, fault.Fired);
    }

    [Theory]
    [Transports(Errno.ENOTCONN, Faults = true, Variants = true, NotOnSockets = FaultWorld.NotOnSockets)]
    [Transports(Errno.ENOBUFS, Faults = true, NotOnSockets = FaultWorld.NotOnSockets)]
    public async Task Shutdown_of_a_connection_whose_peer_has_gone(TransportUnderTest transport, Errno error)
    {
        await using FaultWorld world = await FaultWorld.StartAsync(transport);
        using RawClient victim = await world.Server.ConnectAsync();
        await FaultWorld.EchoAsync(victim);
        using Fault fault = FaultShim.Fail(["shutdown"], error, Role.Connected, victim.LocalPort);
        victim.ShutdownSend();
        await victim.DrainAsync();
        await fault.FiredAsync();
    }

    /// <summary>Linux gives the descriptor up whatever close says: closing again would close another's.</summary>
    [Theory]
    [Transports(Errno.EINTR, Faults = true, Variants = true, NotOnSockets = FaultWorld.NotOnSockets)]
    [Transports(Errno.EIO, Faults = true, NotOnSockets = FaultWorld.NotOnSockets)]
    [Transports(Errno.ENOSPC, Faults = true, NotOnSockets = FaultWorld.NotOnSockets)]
    [Transports(Errno.EDQUOT, Faults = true, NotOnSockets = FaultWorld.NotOnSockets)]
    public async Task Close_is_made_once(TransportUnderTest transport, Errno error)
    {
        await using FaultWorld world = await FaultWorld.StartAsync(transport);
        using RawClient victim = await world.Server.ConnectAsync();
        await FaultWorld.EchoAsync(victim);
        using Fault fault = FaultShim.Fail(["close"], error, Role.Connected, victim.LocalPort, count: -1);
        long before = FaultShim.Counted("close");
        victim.ShutdownSend();
        await victim.DrainAsync();
        await fault.FiredAsync();
        await world.WitnessIsAnsweredAsync();
        Assert.Equal(1, fault.Fired);
        Assert.Equal(1, FaultShim.Counted("close") - before);
    }

    private static async Task AbortOnBangAsync(ConnectionContext connection)
    {
        while (true)
        {
            ReadResult read = await connection.Transport.Input.ReadAsync();
            if (read.IsCompleted)
            {
                return;
            }

            if (read.Buffer.FirstSpan is [(byte)'!', ..])
            {
                connection.Abort();
                return;
            }
            await connection.Transport.Output.WriteAsync(read.Buffer.First);
            connection.Transport.Input.AdvanceTo(read.Buffer.GetPosition(read.Buffer.First.Length));
        }
    }
}
