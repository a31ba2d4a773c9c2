using System.IO.Pipelines;
using Microsoft.AspNetCore.Connections;

namespace Transport.Tests.Faults;

/// <summary>
/// Kernels of June to October 2023 refuse connect(2) with AF_UNSPEC while a thread waits in the socket. An abort then ends the threads'
/// calls by shutdown(2), and RST follows when the last of them has closed the descriptor.
/// </summary>
public class DisconnectFaultTests
{
    private const string NoThreads = "Its connections have no threads.";

    [Theory]
    [Transports(Model = "blocking", Faults = true, NotOnSockets = NoThreads)]
    public async Task An_abort_ends_a_blocked_receive_although_the_kernel_does_not_disconnect(TransportUnderTest transport)
    {
        LeakCheck leaks = new();
        await using (BareListener listener = await BareListener.BindAsync(transport))
        {
            for (int i = 0; i < 20; i++)
            {
                long received = FaultShim.Counted("recv");
                await using BareListener.Pair pair = await listener.ConnectAsync();
                await Deadline.Until(() => FaultShim.Counted("recv") > received, () => "no thread receives");
                using Fault busy = FaultShim.Fail(["connect"], Errno.EBUSY, Role.Connected, pair.Client.LocalPort, count: -1);
                pair.Server.Abort(new ConnectionAbortedException("test"));
                await pair.Client.ExpectResetAsync();
                Assert.Equal(1, busy.Fired);
            }
        }

        await leaks.NothingLeakedAsync();
    }

    /// <summary>The client reads only after the connection has ended, so that it has unread data when RST arrives.</summary>
    [Theory]
    [Transports(Model = "blocking", Faults = true, NotOnSockets = NoThreads)]
    public async Task An_abort_ends_a_blocked_send_although_the_kernel_does_not_disconnect(TransportUnderTest transport)
    {
        LeakCheck leaks = new();
        await using (BareListener listener = await BareListener.BindAsync(transport))
        {
            await using BareListener.Pair pair = await listener.ConnectAsync(receiveBuffer: 4096);
            TaskCompletionSource closed = new(TaskCreationOptions.RunContinuationsAsynchronously);
            using CancellationTokenRegistration registration = pair.Server.ConnectionClosed.Register(closed.SetResult);
            Task<FlushResult> write = pair.Server.Transport.Output.WriteAsync(new byte[32 << 20]).AsTask();
            await Deadline.Until(() => ThreadNames.Count("send") == 1, () => "no thread sends");
            using Fault busy = FaultShim.Fail(["connect"], Errno.EBUSY, Role.Connected, pair.Client.LocalPort, count: -1);
            using Fault shut = FaultShim.Delay(["shutdown"], TimeSpan.Zero, Role.Connected, pair.Client.LocalPort);
            pair.Server.Abort(new ConnectionAbortedException("test"));
            await write.WithinDeadline();
            await closed.Task.WithinDeadline();
            await Deadline.Until(() => ThreadNames.Count("send") + ThreadNames.Count("recv") == 0, () => "a thread has not returned");
            await pair.Client.ExpectResetAsync();
            Assert.Equal((1, 1), (busy.Fired, shut.Fired));
        }

        await leaks.NothingLeakedAsync();
    }
}
