using System.Runtime.CompilerServices;
using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Transport.Core.Connections;
using Transport.Core.Loops;

namespace Transport.Tests.Hostile;

/// <summary>A loop that fails ends the host, with a non-zero exit code, whatever else is pending on it.</summary>
[Trait("Category", "Hostile")]
public class LoopFailureTests
{
    private const string NotOnSockets = "it has no event loop";

    [Theory]
    [Transports(1, Variants = true, NotOnSockets = NotOnSockets)]
    [Transports(3, Variants = true, NotOnSockets = NotOnSockets)]
    public async Task A_loop_that_fails_ends_the_host_with_a_non_zero_exit_code(TransportUnderTest transport, int loops)
    {
        await (await WebServer.StartRawAsync(transport, connection => connection.EchoAsync())).DisposeAsync();
        LeakCheck before = new();
        CountingPoolFactory pools = new();
        await FailAsync(transport, pools, loops, server => Task.CompletedTask);
        await pools.AllReturnedAsync();
        await before.NothingLeakedAsync();
    }

    /// <summary>The pause's timer fires when nobody reads the loop's mail any more.</summary>
    [Theory, Transports(Faults = true, Variants = true, NotOnSockets = NotOnSockets)]
    public async Task A_pending_accept_pause_does_not_hold_the_shutdown_after_a_loop_has_failed(TransportUnderTest transport)
    {
        Fault? fault = null;
        try
        {
            await FailAsync(transport, new CountingPoolFactory(), loops: 1, async server =>
            {
                fault = FaultShim.Fail(FaultShim.Accepts, Errno.EMFILE, Role.Listening, count: -1);
                _ = await server.ConnectAsync();
                await server.Logs.WaitForAsync(transport.LogCategory, 100);
            });
        }
        finally
        {
            fault?.Dispose();
        }
    }

    /// <summary>Connections that another loop hands over while this one fails must not keep it from ending.</summary>
    [Theory, Transports(Model = "epoll", Variants = true)]
    public async Task Connections_that_arrive_while_a_loop_fails_do_not_hold_it(TransportUnderTest transport)
    {
        using CancellationTokenSource enough = new();
        Task churn = Task.CompletedTask;
        await FailAsync(transport, new CountingPoolFactory(), loops: 2, server =>
        {
            churn = Task.Run(async () =>
            {
                while (!enough.IsCancellationRequested)
                {
                    try
                    {
                        using RawClient client = await server.ConnectAsync();
                        await client.SendAsync("x");
                    }
                    catch (Exception exception) when (exception is System.Net.Sockets.SocketException or ObjectDisposedException)
                    {
                        return;
                    }
                }
            });
            return Task.CompletedTask;
        });
        await enough.CancelAsync();
        await churn.WithinDeadline();
    }

    [Theory, Transports(Variants = true, NotOnSockets = NotOnSockets)]
    public async Task Work_is_run_once_even_if_the_loop_fails_during_it(TransportUnderTest transport)
    {
        int[] runs = new int[5];
        await FailAsync(transport, new CountingPoolFactory(), loops: 1, server => Task.CompletedTask, loop =>
        {
            for (int i = 0; i < runs.Length; i++)
            {
                int item = i;
                loop.Schedule(_ =>
                {
                    runs[item]++;
                    if (item == 2)
                    {
                        throw new InvalidOperationException("The loop fails on purpose.");
                    }
                }, null);
            }
        });
        Assert.Equal([1, 1, 1, 1, 1], runs);
    }

    /// <summary>
    /// Callbacks of ApplicationStopping are the application's: one that blocks must not keep connections from being ended.
    /// </summary>
    [Theory, Transports(NotOnSockets = NotOnSockets)]
    public async Task A_stopping_callback_that_blocks_does_not_hold_the_loop(TransportUnderTest transport)
    {
        using ManualResetEventSlim leave = new();
        await FailAsync(transport, new CountingPoolFactory(), loops: 1, server =>
        {
            server.Application.Services.GetRequiredService<IHostApplicationLifetime>()
                .ApplicationStopping.Register(() => leave.Wait(Deadline.Default));
            return Task.CompletedTask;
        }, afterwards: async idle =>
        {
            await idle.DrainAsync();
            leave.Set();
        });
    }

    private static async Task FailAsync(
        TransportUnderTest transport,
        CountingPoolFactory pools,
        int loops,
        Func<WebServer, Task> prepare,
        Action<EventLoop>? fail = null,
        Func<RawClient, Task>? afterwards = null)
    {
        TaskCompletionSource<ConnectionContext> accepted = new(TaskCreationOptions.RunContinuationsAsynchronously);
        int exitCode = Environment.ExitCode;
        Environment.ExitCode = 0;
        try
        {
            await using WebServer server = await WebServer.StartRawAsync(
                transport,
                connection =>
                {
                    accepted.TrySetResult(connection);
                    return connection.EchoAsync();
                },
                new TransportSettings { LoopCount = loops },
                pools);
            using RawClient idle = await server.ConnectAsync();
            await Faults.FaultWorld.EchoAsync(idle);
            EventLoop loop = LoopOf((SocketConnection)await accepted.Task.WithinDeadline());
            await prepare(server);
            Task stopped = server.Application.WaitForShutdownAsync();
            fail ??= static _ => throw new InvalidOperationException("The loop fails on purpose.");
            loop.Schedule(state => fail((EventLoop)state!), loop);
            await (afterwards ?? (client => client.DrainAsync()))(idle).WithinDeadline("the connection of the failed loop to end");
            await stopped.WithinDeadline("the host to stop");
            Assert.Equal(1, Environment.ExitCode);
            LogEntry entry = Assert.Single(server.Logs.Entries, log => log.Category == transport.LogCategory
                && log.Level == LogLevel.Critical);
            Assert.Contains("on purpose", entry.Exception!.Message, StringComparison.Ordinal);
        }
        finally
        {
            Environment.ExitCode = exitCode;
        }
    }

    [UnsafeAccessor(UnsafeAccessorKind.Field, Name = "_loop")]
    private static extern ref EventLoop LoopField(SocketConnection connection);

    private static EventLoop LoopOf(SocketConnection connection) => LoopField(connection);
}
