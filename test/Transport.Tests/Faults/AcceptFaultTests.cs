using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.Logging;

namespace Transport.Tests.Faults;

/// <summary>Every errno that accept(2) may give.</summary>
public class AcceptFaultTests
{
    /// <summary>What befell a client that waited is that client's own: the next one is taken at once.</summary>
    [Theory]
    [Transports(Errno.ECONNABORTED, Faults = true, Variants = true, NotOnSockets = FaultWorld.NotOnSockets)]
    [Transports(Errno.EPROTO, Faults = true, NotOnSockets = FaultWorld.NotOnSockets)]
    [Transports(Errno.EPERM, Faults = true, NotOnSockets = FaultWorld.NotOnSockets)]
    [Transports(Errno.ENETDOWN, Faults = true, NotOnSockets = FaultWorld.NotOnSockets)]
    [Transports(Errno.ENOPROTOOPT, Faults = true, NotOnSockets = FaultWorld.NotOnSockets)]
    [Transports(Errno.EHOSTDOWN, Faults = true, NotOnSockets = FaultWorld.NotOnSockets)]
    [Transports(Errno.ENONET, Faults = true, NotOnSockets = FaultWorld.NotOnSockets)]
    [Transports(Errno.EHOSTUNREACH, Faults = true, NotOnSockets = FaultWorld.NotOnSockets)]
    [Transports(Errno.EOPNOTSUPP, Faults = true, NotOnSockets = FaultWorld.NotOnSockets)]
    [Transports(Errno.ENETUNREACH, Faults = true, NotOnSockets = FaultWorld.NotOnSockets)]
    [Transports(Errno.ETIMEDOUT, Faults = true, NotOnSockets = FaultWorld.NotOnSockets)]
    public async Task An_error_of_one_client_is_counted_and_the_next_is_accepted(TransportUnderTest transport, Errno error)
    {
        await using FaultWorld world = await FaultWorld.StartAsync(transport);
        using (Fault fault = FaultShim.Fail(FaultShim.Accepts, error, Role.Listening, count: 3))
        {
            await world.EverybodyIsAnsweredAsync();
            Assert.Equal(3, fault.Fired);
        }
        Assert.Equal(3, world.Meter.Sum("transport.accept_errors"));
        Assert.Equal(0, world.Meter.Sum("transport.accept_pauses"));
        Assert.DoesNotContain(world.Server.Logs.Entries, entry => entry.Category == transport.LogCategory && entry.Level > LogLevel.Debug);
    }

    /// <summary>Rare enough to have no rule of their own: accepting must go on, at once or after a pause.</summary>
    [Theory]
    [Transports(Errno.ENOSR, Faults = true, NotOnSockets = FaultWorld.NotOnSockets)]
    [Transports(Errno.ESOCKTNOSUPPORT, Faults = true, NotOnSockets = FaultWorld.NotOnSockets)]
    [Transports(Errno.EPROTONOSUPPORT, Faults = true, NotOnSockets = FaultWorld.NotOnSockets)]
    public async Task Any_other_error_does_not_end_accepting(TransportUnderTest transport, Errno error)
    {
        await using FaultWorld world = await FaultWorld.StartAsync(transport);
        using Fault fault = FaultShim.Fail(FaultShim.Accepts, error, Role.Listening, count: 3);
        await world.EverybodyIsAnsweredAsync();
        await fault.FiredAsync(3);
        Assert.Equal(3, world.Meter.Sum("transport.accept_errors"));
    }

    [Theory, Transports(Faults = true, NotOnSockets = FaultWorld.NotOnSockets)]
    public async Task An_interrupted_accept_is_repeated(TransportUnderTest transport)
    {
        await using FaultWorld world = await FaultWorld.StartAsync(transport);
        using Fault fault = FaultShim.Fail(FaultShim.Accepts, Errno.EINTR, Role.Listening, count: 5);
        await world.EverybodyIsAnsweredAsync();
        Assert.Equal(5, fault.Fired);
        Assert.Equal(0, world.Meter.Sum("transport.accept_errors"));
    }

    /// <summary>
    /// Kestrel's own asks again at once, on and on: 70 % of a core and no word about it. Here: a pause, a warning, and back by itself.
    /// </summary>
    [Theory]
    [Transports(Errno.EMFILE, Faults = true, Variants = true, NotOnSockets = "it retries at once without a word")]
    [Transports(Errno.ENFILE, Faults = true, NotOnSockets = "it retries at once without a word")]
    [Transports(Errno.ENOBUFS, Faults = true, NotOnSockets = "it retries at once without a word")]
    [Transports(Errno.ENOMEM, Faults = true, NotOnSockets = "it retries at once without a word")]
    public async Task Reaching_the_limit_of_descriptors_or_memory_only_pauses_accepting(TransportUnderTest transport, Errno error)
    {
        await using FaultWorld world = await FaultWorld.StartAsync(transport);
        RawClient waiting;
        using (Fault fault = FaultShim.Fail(FaultShim.Accepts, error, Role.Listening, count: -1))
        {
            waiting = await world.Server.ConnectAsync();   // the kernel's backlog takes it
            await waiting.SendAsync("are you there?");
            await fault.FiredAsync();
            await world.Server.Logs.WaitForAsync(transport.LogCategory, 100);
            for (int i = 0; i < 50; i++)
            {
                await world.WitnessIsAnsweredAsync();
            }

            await fault.FiredAsync(3);
            // A loop that spins makes hundreds of thousands of calls meanwhile; a pause that doubles makes a handful.
            Assert.InRange(fault.Fired, 3, 100);
            Assert.True(world.Meter.Sum("transport.accept_pauses") > 0);
            LogEntry warning = Assert.Single(world.Server.Logs.Entries, entry => entry.Category == transport.LogCategory
                && entry.Id.Id == 100);
            Assert.Equal(LogLevel.Warning, warning.Level);
        }
        Assert.Equal("are you there?", await waiting.ReceiveTextAsync(14));
        waiting.Dispose();
        LogEntry resumed = await world.Server.Logs.WaitForAsync(transport.LogCategory, 101);
        Assert.Equal(LogLevel.Information, resumed.Level);
    }

    [Theory, Transports(Faults = true, Variants = true, NotOnSockets = FaultWorld.NotOnSockets)]
    public async Task Unbinding_ends_a_pause(TransportUnderTest transport)
    {
        LeakCheck before = new LeakCheck();
        await using (BareListener listener = await BareListener.BindAsync(transport))
        {
            using Fault fault = FaultShim.Fail(FaultShim.Accepts, Errno.EMFILE, Role.Listening, count: -1);
            using RawClient client = await RawClient.ConnectAsync(listener.EndPoint);
            Task<ConnectionContext?> accept = listener.Listener.AcceptAsync().AsTask();
            await fault.FiredAsync(2);
            await listener.Listener.UnbindAsync().WithinDeadline();
            Assert.Null(await accept.WithinDeadline());
            await client.DrainAsync();
        }
        await before.NothingLeakedAsync();
    }
}
