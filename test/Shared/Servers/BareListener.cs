using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Test.Shared;

/// <summary>A transport without the server above it: the test accepts the connections itself.</summary>
public sealed class BareListener : IAsyncDisposable
{
    private readonly WebApplication _services;

    private BareListener(WebApplication services, IConnectionListener listener, LogCollector logs, CountingPoolFactory pools)
        => (_services, Listener, Logs, Pools) = (services, listener, logs, pools);

    public IConnectionListener Listener { get; }
    public IServiceProvider Provider => _services.Services;
    public LogCollector Logs { get; }
    public CountingPoolFactory Pools { get; }

    /// <summary>Where a client on this machine reaches it.</summary>
    public EndPoint EndPoint => Listener.EndPoint is IPEndPoint { Port: var port } ip
        && (ip.Address.Equals(IPAddress.Any) || ip.Address.Equals(IPAddress.IPv6Any))
        ? new IPEndPoint(IPAddress.Loopback, port)
        : Listener.EndPoint;

    public static async Task<BareListener> BindAsync(TransportUnderTest transport, EndPoint? endPoint = null,
        TransportSettings? settings = null,
        CountingPoolFactory? pools = null)
    {
        LogCollector logs = new LogCollector();
        pools ??= new CountingPoolFactory();
        WebApplication services = Services(transport, settings, logs, pools);
        try
        {
            IConnectionListenerFactory factory = services.Services.GetServices<IConnectionListenerFactory>().Last();
            IConnectionListener listener = await factory.BindAsync(endPoint ?? new IPEndPoint(IPAddress.Loopback, 0), Deadline.Token)
                .WithinDeadline();
            return new BareListener(services, listener, logs, pools);
        }
        catch
        {
            await services.DisposeAsync();
            throw;
        }
    }

    /// <summary>The factory that Kestrel would ask first, and whatever else is registered.</summary>
    public static WebApplication Services(TransportUnderTest transport, TransportSettings? settings = null, LogCollector? logs = null,
        CountingPoolFactory? pools = null)
    {
        WebApplicationBuilder builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore();
        builder.Logging.SetMinimumLevel(LogLevel.Trace);
        if (logs is not null)
        {
            builder.Logging.AddProvider(logs);
        }

        transport.Apply(builder.WebHost, settings ?? new TransportSettings());
        if (pools is not null)
        {
            builder.Services.AddSingleton<IMemoryPoolFactory<byte>>(pools);
        }

        return builder.Build();
    }

    public async Task<ConnectionContext> AcceptAsync()
        => await Listener.AcceptAsync().WithinDeadline() ?? throw new InvalidOperationException("AcceptAsync gave null.");

    /// <summary>Both ends of a new connection.</summary>
    public async Task<Pair> ConnectAsync(int receiveBuffer = 0, int sendBuffer = 0)
    {
        RawClient client = await RawClient.ConnectAsync(EndPoint, receiveBuffer, sendBuffer);
        ConnectionContext server = await AcceptAsync();
        // Kestrel's Sockets makes the id at its first reading, without a lock: read here, before its receive loop logs, or a test
        // that waits for an entry of this connection may know another id than the entry has.
        _ = server.ConnectionId;
        return new Pair(server, client);
    }

    public async ValueTask DisposeAsync()
    {
        await Listener.UnbindAsync().WithinDeadline();
        await Listener.DisposeAsync().WithinDeadline();
        await _services.DisposeAsync();
    }

    /// <summary>Both ends of one connection. Disposing closes both.</summary>
    public sealed record Pair(ConnectionContext Server, RawClient Client) : IAsyncDisposable
    {
        public async ValueTask DisposeAsync()
        {
            Client.Dispose();
            await Server.DisposeAsync().WithinDeadline();
        }
    }
}
