namespace Transport.Tests.LifeCycle;

/// <summary>The one signal that a connection is over.</summary>
public class ConnectionClosedTests
{
    public enum End
    {
        Fin,
        Reset,
        Abort,
        Dispose,
        CompleteOutput,
    }

    [Theory]
    [Transports(End.Fin), Transports(End.Reset), Transports(End.Abort), Transports(End.Dispose), Transports(End.CompleteOutput)]
    public async Task The_callback_fires_once_on_a_pool_thread(TransportUnderTest transport, End end)
    {
        await using BareListener listener = await BareListener.BindAsync(transport);
        await using BareListener.Pair pair = await listener.ConnectAsync();
        int times = 0;
        TaskCompletionSource<bool> pool = new TaskCompletionSource<bool>(TaskCreationOptions.RunContinuationsAsynchronously);
        pair.Server.ConnectionClosed.Register(() =>
        {
            Interlocked.Increment(ref times);
            pool.TrySetResult(Thread.CurrentThread.IsThreadPoolThread);
        });
        switch (end)
        {
            case End.Fin: pair.Client.ShutdownSend(); break;
            case End.Reset: pair.Client.Reset(); break;
            case End.Abort: pair.Server.Abort(); break;
            case End.Dispose: await pair.Server.DisposeAsync().WithinDeadline(); break;
            case End.CompleteOutput: await pair.Server.Transport.Output.CompleteAsync(); break;
        }
        Assert.True(await pool.Task.WithinDeadline("ConnectionClosed"));
        await pair.Server.DisposeAsync().WithinDeadline();
        Assert.Equal(1, times);
        Assert.True(pair.Server.ConnectionClosed.IsCancellationRequested);
    }

    [Theory, Transports]
    public async Task A_throwing_callback_is_logged_and_has_no_other_effect(TransportUnderTest transport)
    {
        await using BareListener listener = await BareListener.BindAsync(transport);
        await using (BareListener.Pair pair = await listener.ConnectAsync())
        {
            pair.Server.ConnectionClosed.Register(() => throw new InvalidOperationException("callback"));
            pair.Client.ShutdownSend();
            LogEntry entry = await listener.Logs.WaitForAsync(entry => entry.Category == transport.LogCategory
                && entry.Level == Microsoft.Extensions.Logging.LogLevel.Error, "the callback's exception");
            Assert.Contains("callback", entry.Exception!.ToString(), StringComparison.Ordinal);
            Assert.Equal(0, entry.Id.Id);
        }
        await using BareListener.Pair next = await listener.ConnectAsync();
        await next.Server.WriteAsync("x");
        Assert.Equal("x", await next.Client.ReceiveTextAsync(1));
    }

    [Theory, Transports]
    public async Task Dispose_waits_for_the_callbacks(TransportUnderTest transport)
    {
        await using BareListener listener = await BareListener.BindAsync(transport);
        await using BareListener.Pair pair = await listener.ConnectAsync();
        TaskCompletionSource entered = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        using ManualResetEventSlim leave = new ManualResetEventSlim();
        bool left = false;
        pair.Server.ConnectionClosed.Register(() =>
        {
            entered.SetResult();
            leave.Wait(Deadline.Default);
            left = true;
        });
        Task disposed = pair.Server.DisposeAsync().AsTask();
        await entered.Task.WithinDeadline();
        Assert.False(disposed.IsCompleted);
        leave.Set();
        await disposed.WithinDeadline();
        Assert.True(left);
    }

    /// <summary>An application may replace the token's source: the transport must not insist on its own.</summary>
    [Theory, Transports]
    public async Task The_token_may_be_replaced(TransportUnderTest transport)
    {
        await using BareListener listener = await BareListener.BindAsync(transport);
        await using BareListener.Pair pair = await listener.ConnectAsync();
        using CancellationTokenSource source = new CancellationTokenSource();
        pair.Server.ConnectionClosed = source.Token;
        pair.Client.ShutdownSend();
        Assert.Equal("", await pair.Server.ReadToEndAsync());
        await pair.Server.DisposeAsync().WithinDeadline();
        Assert.False(source.IsCancellationRequested);
    }

    /// <summary>Kestrel keeps only a weak reference: whoever does not root its connections loses them to the collector.</summary>
    [Theory, Transports]
    public async Task An_open_connection_survives_garbage_collection(TransportUnderTest transport)
    {
        await using WebServer server = await WebServer.StartRawAsync(transport, connection => connection.EchoAsync());
        using RawClient client = await server.ConnectAsync();
        for (int i = 0; i < 3; i++)
        {
            GC.Collect(2, GCCollectionMode.Aggressive, blocking: true, compacting: true);
            GC.WaitForPendingFinalizers();
            await client.SendAsync("alive");
            Assert.Equal("alive", await client.ReceiveTextAsync(5));
        }
        Assert.DoesNotContain(server.Logs.Entries, entry => entry.Id.Id == 23);
    }
}
