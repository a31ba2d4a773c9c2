using Shared.Interop;
using Transport.Core;

namespace Transport.Tests.Features;

/// <summary>The loop of a connection, for work that belongs to the connection but is not its socket's.</summary>
public class EventLoopFeatureTests
{
    [Theory, Transports(NotOnSockets = "it has no event loops", Variants = true)]
    public async Task A_signal_wakes_the_loop_for_a_source(TransportUnderTest transport)
    {
        await using BareListener listener = await BareListener.BindAsync(transport);
        await using BareListener.Pair pair = await listener.ConnectAsync();
        Source source = new();
        Assert.True(pair.Server.Features.GetRequired<IEventLoopFeature>().TryAttach(source, out int wakeUp));
        try
        {
            for (int i = 1; i <= 100; i++)
            {
                Interlocked.Increment(ref source.Pending);
                EventFd.Signal(wakeUp);
                await Deadline.Until(() => Volatile.Read(ref source.Handled) == i, () => $"signal {i} was not handled");
            }

        }
        finally
        {
            Unistd.Close(wakeUp);
        }
    }

    [Theory, Transports(NotOnSockets = "it has no event loops")]
    public async Task Sockets_are_served_beside_a_source_that_always_has_more(TransportUnderTest transport)
    {
        await using BareListener listener = await BareListener.BindAsync(transport);
        await using BareListener.Pair pair = await listener.ConnectAsync();
        Source source = new();
        Assert.True(pair.Server.Features.GetRequired<IEventLoopFeature>().TryAttach(source, out int wakeUp));
        try
        {
            source.OnEach = () => EventFd.Signal(wakeUp);
            EventFd.Signal(wakeUp);
            await pair.Client.SendAsync("ping");
            Assert.Equal("ping", await pair.Server.ReadTextAsync(4));
            await pair.Server.WriteAsync("pong");
            Assert.Equal("pong", await pair.Client.ReceiveTextAsync(4));
            source.HasEnded = true;
        }
        finally
        {
            Unistd.Close(wakeUp);
        }
    }

    [Theory, Transports(NotOnSockets = "it has no event loops")]
    public async Task A_source_learns_that_its_loop_has_ended(TransportUnderTest transport)
    {
        BareListener listener = await BareListener.BindAsync(transport);
        BareListener.Pair pair = await listener.ConnectAsync();
        IEventLoopFeature loop = pair.Server.Features.GetRequired<IEventLoopFeature>();
        Source source = new();
        Source ended = new() { HasEnded = true };
        Assert.True(loop.TryAttach(source, out int wakeUp));
        Assert.True(loop.TryAttach(ended, out int other));
        await pair.DisposeAsync();
        await listener.DisposeAsync();
        await source.Ended.Task.WithinDeadline();
        Assert.False(ended.Ended.Task.IsCompleted);
        Assert.False(loop.TryPost(static _ => { }, null));
        Assert.False(loop.TryAttach(new Source(), out _));

        // The eventfd is still one.
        EventFd.Signal(wakeUp);
        Assert.False(EventFd.Drain(wakeUp).IsError);
        Unistd.Close(wakeUp);
        Unistd.Close(other);
    }

    [Theory, Transports(NotOnSockets = "it has no event loops")]
    public async Task Posted_work_and_application_work_run(TransportUnderTest transport)
    {
        await using BareListener listener = await BareListener.BindAsync(transport);
        await using BareListener.Pair pair = await listener.ConnectAsync();
        IEventLoopFeature loop = pair.Server.Features.GetRequired<IEventLoopFeature>();
        TaskCompletionSource posted = new(TaskCreationOptions.RunContinuationsAsynchronously);
        TaskCompletionSource scheduled = new(TaskCreationOptions.RunContinuationsAsynchronously);
        Assert.True(loop.TryPost(
            state =>
            {
                posted.SetResult();
                loop.Application.Schedule(static done => ((TaskCompletionSource)done!).SetResult(), state);
            },
            scheduled));
        await posted.Task.WithinDeadline();
        await scheduled.Task.WithinDeadline();
    }

    private sealed class Source : IEventLoopSource
    {
        public int Pending;
        public int Handled;

        public TaskCompletionSource Ended { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public bool HasEnded { get; set; }

        public Action? OnEach { get; set; }

        public bool OnIteration()
        {
            Volatile.Write(ref Handled, Volatile.Read(ref Pending));
            OnEach?.Invoke();
            return !HasEnded;
        }

        public void OnLoopEnded() => Ended.SetResult();
    }
}
