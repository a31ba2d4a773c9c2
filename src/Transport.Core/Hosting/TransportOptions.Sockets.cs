namespace Transport.Core;

/// <summary>Limits of connections, and options of sockets.</summary>
public abstract partial class TransportOptions
{
    /// <summary>The largest value of an int in milliseconds, as TCP_USER_TIMEOUT takes it.</summary>
    private static readonly TimeSpan MaxUserTimeout = TimeSpan.FromMilliseconds(int.MaxValue);

    /// <summary>MAX_TCP_KEEPIDLE and MAX_TCP_KEEPINTVL of the kernel.</summary>
    private static readonly TimeSpan MaxKeepAlive = TimeSpan.FromSeconds(32767);

    /// <summary>
    /// Gets or sets how many connections the transport has open at most, all end points and event loops together. A client beyond it is
    /// reset before anything of it is read, TLS included, and counted (<c>transport.connections_refused</c>). Default: null, which is no limit.
    /// Allowed: 1 and more, or null.
    /// </summary>
    public int? MaxConnections { get; set; }

    /// <summary>
    /// Gets or sets how many connections one client address has open at most, all end points and event loops together. IPv6 addresses
    /// count by their first 64 bits. A client beyond it is reset before anything of it is read, and counted
    /// (<c>transport.connections_refused</c>). Behind a proxy all clients have the proxy's address. Does not apply to Unix sockets. Default:
    /// null, which is no limit. Allowed: 1 and more, or null.
    /// </summary>
    public int? MaxConnectionsPerAddress { get; set; }

    /// <summary>
    /// Gets or sets how long sent data may stay unacknowledged before the kernel resets the connection (TCP_USER_TIMEOUT), in
    /// milliseconds' precision. Default: null, the kernel's (about 15 minutes). Allowed: 00:00:00.001 to 24 days, or null.
    /// </summary>
    public TimeSpan? TcpUserTimeout { get; set; }

    /// <summary>
    /// Gets or sets after what idle time the kernel begins to probe whether the peer is alive (TCP_KEEPIDLE), in whole seconds. Setting any
    /// of the three keep-alive options turns probing on (SO_KEEPALIVE). Default: null. Allowed: 1 to 32,767 seconds, or null.
    /// </summary>
    public TimeSpan? TcpKeepAliveTime { get; set; }

    /// <summary>
    /// Gets or sets the time between two probes (TCP_KEEPINTVL), in whole seconds. Default: null, the kernel's (75 s). Allowed: 1 to 32,767
    /// seconds, or null.
    /// </summary>
    public TimeSpan? TcpKeepAliveInterval { get; set; }

    /// <summary>
    /// Gets or sets after how many unanswered probes the connection is reset (TCP_KEEPCNT). Default: null, the kernel's (9). Allowed: 1 to
    /// 127, or null.
    /// </summary>
    public int? TcpKeepAliveRetryCount { get; set; }

    /// <summary>
    /// Gets or sets how many connections that came with data in their SYN (TCP Fast Open, RFC 7413) may wait for the end of the
    /// handshake. A SYN may be replayed, so requests must be safe to repeat. The kernel also needs bit 2 of <c>net.ipv4.tcp_fastopen</c>.
    /// Default: null, which is off. Allowed: 1 to 65,535, or null.
    /// </summary>
    public int? TcpFastOpenQueueLength { get; set; }

    /// <summary>
    /// Gets or sets the permissions of a Unix socket's file; a client needs to write to connect. They are set after bind(2) and before
    /// listen(2), so nobody connects before. Default: null, which leaves what the umask gives. In configuration names divided by commas:
    /// <c>UserRead, UserWrite, GroupRead, GroupWrite</c>. Does not apply to abstract names.
    /// </summary>
    public UnixFileMode? UnixSocketMode { get; set; }

    /// <summary>
    /// Gets or sets the owner of a Unix socket's file, as chown(1) takes it: <c>user</c>, <c>user:group</c> or <c>:group</c>, names or
    /// numbers. A process without CAP_CHOWN may only choose among its own groups. Default: null, which leaves the process's. An unknown
    /// name fails the start. Does not apply to abstract names.
    /// </summary>
    public string? UnixSocketOwner { get; set; }

    /// <summary>
    /// Gets or sets how long open connections are left alone at shutdown, after the transport has stopped accepting. Kestrel closes
    /// connections that wait for a request as soon as the transport has unbound, also where the first request is on its way; a client sees a
    /// failure then. Ends early when the transport has no open connection, and when the host's shutdown timeout does. With a listening socket
    /// that another process holds too (systemd), a restart in this way loses no request. Default: zero. Allowed: 0 to 1 hour.
    /// </summary>
    public TimeSpan DrainTime { get; set; }

    internal bool HasKeepAlive => TcpKeepAliveTime is not null || TcpKeepAliveInterval is not null || TcpKeepAliveRetryCount is not null;

    private IEnumerable<string> ValidateSockets()
    {
        if (MaxConnections < 1)
        {
            yield return $"{nameof(MaxConnections)} is {MaxConnections}; allowed: 1 and more, or null.";
        }

        if (MaxConnectionsPerAddress < 1)
        {
            yield return $"{nameof(MaxConnectionsPerAddress)} is {MaxConnectionsPerAddress}; allowed: 1 and more, or null.";
        }

        if (TcpUserTimeout is { } timeout && (timeout < TimeSpan.FromMilliseconds(1) || timeout > MaxUserTimeout))
        {
            yield return $"{nameof(TcpUserTimeout)} is {timeout}; allowed: 00:00:00.001 to {MaxUserTimeout}, or null.";
        }

        foreach ((string name, TimeSpan? value) in ((string, TimeSpan?)[])
            [(nameof(TcpKeepAliveTime), TcpKeepAliveTime), (nameof(TcpKeepAliveInterval), TcpKeepAliveInterval)])
        {
            if (value is { } time && (time < TimeSpan.FromSeconds(1) || time > MaxKeepAlive || time.Ticks % TimeSpan.TicksPerSecond != 0))
            {
                yield return $"{name} is {time}; allowed: whole seconds, 00:00:01 to {MaxKeepAlive}, or null.";
            }
        }

        if (DrainTime < TimeSpan.Zero || DrainTime > TimeSpan.FromHours(1))
        {
            yield return $"{nameof(DrainTime)} is {DrainTime}; allowed: 00:00:00 to 01:00:00.";
        }

        if (TcpKeepAliveRetryCount is < 1 or > 127)
        {
            yield return $"{nameof(TcpKeepAliveRetryCount)} is {TcpKeepAliveRetryCount}; allowed: 1 to 127, or null.";
        }

        if (TcpFastOpenQueueLength is < 1 or > 65535)
        {
            yield return $"{nameof(TcpFastOpenQueueLength)} is {TcpFastOpenQueueLength}; allowed: 1 to 65535, or null.";
        }

        if (UnixSocketMode is { } mode && (mode & ~(UnixFileMode)0x1ff) != 0)
        {
            yield return $"{nameof(UnixSocketMode)} is {mode}; allowed: permissions of user, group and others, or null.";
        }

        if (UnixSocketOwner is { } owner && owner.Trim(':').Length == 0)
        {
            yield return $"{nameof(UnixSocketOwner)} is \"{owner}\"; allowed: user, user:group or :group, or null.";
        }
    }
}
