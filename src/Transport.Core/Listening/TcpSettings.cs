using Transport.Core.Interop;
using Transport.Core.Interop.Sockets;

namespace Transport.Core.Listening;

/// <summary>
/// Sets the TCP options of <see cref="TransportOptions"/> on a socket: once on the listening socket, before listen(2). On Linux a
/// connection inherits all of them at its handshake.
/// </summary>
internal static class TcpSettings
{
    /// <summary>Returns whether any option differs from the kernel's default.</summary>
    public static bool Any(TransportOptions options) => options.NoDelay || options.TcpUserTimeout is not null || options.HasKeepAlive;

    /// <exception cref="IOException">The kernel refused an option; the message starts with the call and the option.</exception>
    public static void ApplyToListener(int socket, TransportOptions options)
    {
        foreach ((string name, SysResult result) in Apply(socket, options))
        {
            result.ThrowIfError($"setsockopt({name})");
        }

        if (options.TcpFastOpenQueueLength is { } length)
        {
            SocketOptions.Set(socket, Libc.IPPROTO_TCP, Libc.TCP_FASTOPEN, length).ThrowIfError("setsockopt(TCP_FASTOPEN)");
        }
    }

    /// <summary>Sets the options for a client that connected before the listening socket had them. Fails if the client has left.</summary>
    public static void ApplyToConnection(int socket, TransportOptions options)
    {
        foreach ((string _, SysResult _) in Apply(socket, options))
        {
        }
    }

    private static IEnumerable<(string Name, SysResult Result)> Apply(int socket, TransportOptions options)
    {
        if (options.NoDelay)
        {
            yield return ("TCP_NODELAY", SocketCalls.SetNoDelay(socket));
        }

        if (options.TcpUserTimeout is { } timeout)
        {
            int milliseconds = (int)timeout.TotalMilliseconds;
            yield return ("TCP_USER_TIMEOUT", SocketOptions.Set(socket, Libc.IPPROTO_TCP, Libc.TCP_USER_TIMEOUT, milliseconds));
        }

        if (!options.HasKeepAlive)
        {
            yield break;
        }

        yield return ("SO_KEEPALIVE", SocketOptions.Set(socket, Libc.SOL_SOCKET, Libc.SO_KEEPALIVE, 1));
        if (options.TcpKeepAliveTime is { } time)
        {
            yield return ("TCP_KEEPIDLE", SocketOptions.Set(socket, Libc.IPPROTO_TCP, Libc.TCP_KEEPIDLE, (int)time.TotalSeconds));
        }

        if (options.TcpKeepAliveInterval is { } interval)
        {
            yield return ("TCP_KEEPINTVL", SocketOptions.Set(socket, Libc.IPPROTO_TCP, Libc.TCP_KEEPINTVL, (int)interval.TotalSeconds));
        }

        if (options.TcpKeepAliveRetryCount is { } count)
        {
            yield return ("TCP_KEEPCNT", SocketOptions.Set(socket, Libc.IPPROTO_TCP, Libc.TCP_KEEPCNT, count));
        }
    }
}
