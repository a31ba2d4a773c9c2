using System.Net.Sockets;
using System.Reflection;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Http.Features;

namespace Transport.Tests.Features;

/// <summary>What a connection offers to those above it.</summary>
public class FeatureTests
{
    [Theory, Transports]
    public async Task The_features_of_Kestrels_own_are_there(TransportUnderTest transport)
    {
        await using BareListener listener = await BareListener.BindAsync(transport);
        await using BareListener.Pair pair = await listener.ConnectAsync();
        IFeatureCollection features = pair.Server.Features;
        Assert.Equal(pair.Server.ConnectionId, features.GetRequired<IConnectionIdFeature>().ConnectionId);
        Assert.Same(pair.Server.Transport, features.GetRequired<IConnectionTransportFeature>().Transport);
        Assert.Same(pair.Server.Items, features.GetRequired<IConnectionItemsFeature>().Items);
        Assert.Equal(pair.Server.ConnectionClosed, features.GetRequired<IConnectionLifetimeFeature>().ConnectionClosed);
        Assert.NotNull(features.GetRequired<IMemoryPoolFeature>().MemoryPool);
        Assert.NotNull(features.GetRequired<IConnectionSocketFeature>().Socket);
    }

    [Theory, Transports]
    public async Task The_collection_and_the_items_are_writable(TransportUnderTest transport)
    {
        await using BareListener listener = await BareListener.BindAsync(transport);
        await using BareListener.Pair pair = await listener.ConnectAsync();
        pair.Server.Features.Set(this);
        Assert.Same(this, pair.Server.Features.Get<FeatureTests>());
        pair.Server.Items["key"] = "value";
        Assert.Equal("value", pair.Server.Items["key"]);
        DuplexPipe pipe = new DuplexPipe();
        pair.Server.Features.GetRequired<IConnectionTransportFeature>().Transport = pipe;
        Assert.Same(pipe, pair.Server.Transport);
    }

    [Theory, Transports]
    public async Task Each_feature_can_be_replaced_and_removed(TransportUnderTest transport)
    {
        await using BareListener listener = await BareListener.BindAsync(transport);
        await using BareListener.Pair pair = await listener.ConnectAsync();
        IFeatureCollection features = pair.Server.Features;
        KeyValuePair<Type, object>[] before = [.. features];
        Assert.NotEmpty(before);
        foreach ((Type key, object value) in before)
        {
            Assert.Same(value, features[key]);
            int revision = features.Revision;
            object other = DispatchProxy.Create(key, typeof(Other));
            features[key] = other;
            Assert.NotEqual(revision, features.Revision);
            Assert.Same(other, features[key]);
            Assert.Same(other, features.Single(feature => feature.Key == key).Value);
            features[key] = null;
            Assert.Null(features[key]);
            Assert.DoesNotContain(features, feature => feature.Key == key);
            features[key] = null;
            Assert.Equal(before.Length - 1, features.Count());
            features[key] = value;
            Assert.Same(value, features[key]);
            Assert.Equal(before.Length, features.Count());
        }

        Type[] others = [typeof(int), typeof(string), typeof(long), typeof(byte), typeof(char), typeof(short), typeof(uint), typeof(ulong)];
        foreach (Type other in others)
        {
            Assert.Null(features[other]);
            features[other] = other;
        }

        Assert.All(others, other => Assert.Same(other, features[other]));
        Assert.All(before, feature => Assert.Same(feature.Value, features[feature.Key]));
        Assert.Equal(before.Length + others.Length, features.Select(feature => feature.Key).Distinct().Count());
    }

    [Theory, Transports]
    public async Task Ids_are_thirteen_characters_and_unlike(TransportUnderTest transport)
    {
        await using BareListener listener = await BareListener.BindAsync(transport);
        HashSet<string> ids = new HashSet<string>();
        for (int i = 0; i < 20; i++)
        {
            await using BareListener.Pair pair = await listener.ConnectAsync();
            Assert.Matches("^[0-9A-V]{13}$", pair.Server.ConnectionId);
            Assert.True(ids.Add(pair.Server.ConnectionId));
        }
    }

    [Theory, Transports]
    public async Task The_socket_feature_is_the_connections_socket(TransportUnderTest transport)
    {
        await using BareListener listener = await BareListener.BindAsync(transport);
        await using BareListener.Pair pair = await listener.ConnectAsync();
        IConnectionSocketFeature feature = pair.Server.Features.GetRequired<IConnectionSocketFeature>();
        Assert.Same(feature.Socket, feature.Socket);
        Assert.Equal(pair.Client.Socket.LocalEndPoint, feature.Socket.RemoteEndPoint);
        Assert.True(feature.Socket.NoDelay);
        feature.Socket.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.KeepAlive, true);
        Assert.Equal(1, feature.Socket.GetSocketOption(SocketOptionLevel.Socket, SocketOptionName.KeepAlive));
        // Having looked at it changes nothing of how the connection works.
        await pair.Client.SendAsync("ping");
        Assert.Equal("ping", await pair.Server.ReadTextAsync(4));
        await pair.Server.WriteAsync("pong");
        Assert.Equal("pong", await pair.Client.ReceiveTextAsync(4));
    }

    [Theory]
    [Transports(true), Transports(false)]
    public async Task NoDelay_is_as_the_option_says(TransportUnderTest transport, bool noDelay)
    {
        await using BareListener listener = await BareListener.BindAsync(transport, settings: new TransportSettings { NoDelay = noDelay });
        await using BareListener.Pair pair = await listener.ConnectAsync();
        Assert.Equal(noDelay, pair.Server.Features.GetRequired<IConnectionSocketFeature>().Socket.NoDelay);
    }

    /// <summary>
    /// After the end, the number of the descriptor is somebody else's: a Socket kept by the application must not reach that one.
    /// </summary>
    [Theory, Transports]
    public async Task A_retained_socket_is_unusable_after_the_connection(TransportUnderTest transport)
    {
        await using BareListener listener = await BareListener.BindAsync(transport);
        Socket kept;
        await using (BareListener.Pair pair = await listener.ConnectAsync())
        {
            kept = pair.Server.Features.GetRequired<IConnectionSocketFeature>().Socket;
        }

        await using BareListener.Pair next = await listener.ConnectAsync();
        Assert.ThrowsAny<Exception>(() => kept.Send("not to this one"u8));
        await next.Server.WriteAsync("clean");
        Assert.Equal("clean", await next.Client.ReceiveTextAsync(5));
    }

    [Theory, Transports]
    public async Task Disposing_the_features_socket_does_not_close_a_reused_descriptor(TransportUnderTest transport)
    {
        await using BareListener listener = await BareListener.BindAsync(transport);
        List<Socket> kept = new List<Socket>();
        for (int i = 0; i < 10; i++)
        {
            await using BareListener.Pair pair = await listener.ConnectAsync();
            kept.Add(pair.Server.Features.GetRequired<IConnectionSocketFeature>().Socket);
        }
        await using BareListener.Pair alive = await listener.ConnectAsync();
        foreach (Socket socket in kept)
        {
            socket.Dispose();
        }

        GC.Collect();
        GC.WaitForPendingFinalizers();
        await alive.Server.WriteAsync("alive");
        Assert.Equal("alive", await alive.Client.ReceiveTextAsync(5));
    }

    [Theory, Transports]
    public async Task The_accepting_context_does_not_flow_into_connections(TransportUnderTest transport)
    {
        AsyncLocal<string> local = new AsyncLocal<string> { Value = "of the one who binds" };
        TaskCompletionSource<string?> seen = new TaskCompletionSource<string?>(TaskCreationOptions.RunContinuationsAsynchronously);
        await using BareListener listener = await BareListener.BindAsync(transport);
        local.Value = "of the one who accepts";
        await using BareListener.Pair pair = await listener.ConnectAsync();
        local.Value = null!;
        pair.Server.ConnectionClosed.UnsafeRegister(_ => seen.TrySetResult(local.Value), null);
        pair.Client.ShutdownSend();
        Assert.Null(await seen.Task.WithinDeadline());
    }

    [Theory, Transports]
    public async Task Kestrel_shows_the_addresses_to_the_application(TransportUnderTest transport)
    {
        await using WebServer server = await WebServer.StartAsync(transport, async context =>
        {
            await Microsoft.AspNetCore.Http.HttpResponseWritingExtensions.WriteAsync(context.Response,
                $"{context.Connection.RemoteIpAddress}:{context.Connection.RemotePort} "
                + $"{context.Connection.LocalIpAddress}:{context.Connection.LocalPort}");
        });
        using RawClient client = await server.ConnectAsync();
        Assert.Equal($"{client.Socket.LocalEndPoint} {client.Socket.RemoteEndPoint}", (await client.GetAsync("/")).Text);
    }

    /// <summary>An implementation of any feature, never called.</summary>
    public class Other : DispatchProxy
    {
        protected override object? Invoke(MethodInfo? targetMethod, object?[]? args) => throw new NotSupportedException();
    }
}

internal static class FeatureCollectionExtensions
{
    public static T GetRequired<T>(this Microsoft.AspNetCore.Http.Features.IFeatureCollection features)
        => features.Get<T>() ?? throw new InvalidOperationException($"The connection has no {typeof(T).Name}.");
}
