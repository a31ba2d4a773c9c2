using System.Text;

namespace Transport.Core;

/// <summary>Connection limits and socket options.</summary>
public abstract partial class TransportOptions
{
    /// <summary>The maximum of TCP_USER_TIMEOUT: the largest int, in milliseconds.</summary>
    private static readonly TimeSpan MaxUserTimeout = TimeSpan.FromMilliseconds(int.MaxValue);

    /// <summary>MAX_TCP_KEEPIDLE and MAX_TCP_KEEPINTVL of the kernel.</summary>
    private static readonly TimeSpan MaxKeepAlive = TimeSpan.FromSeconds(32767);

    /// <summary>sun_path has 108 bytes; a dot and 8 characters are appended for a moment, and a zero.</summary>
    private const int MaxHandOverPath = 96;

    private static readonly TimeSpan HandOverDrainTime = TimeSpan.FromSeconds(10);

    /// <summary>Nobody accepts during the drain, so it is short.</summary>
    private static readonly TimeSpan StoreDrainTime = TimeSpan.FromSeconds(1);

    private TimeSpan? _drainTime;

    /// <summary>
    /// Gets or sets the maximum number of open connections of the transport, all end points and event loops together. A connection beyond
    /// it is reset before anything is read from it, TLS included, and counted (<c>transport.connections_refused</c>). Default: null, which
    /// is no limit. Allowed: 1 and more, or null.
    /// </summary>
    public int? MaxConnections { get; set; }

    /// <summary>
    /// Gets or sets the maximum number of open connections of one client address, all end points and event loops together. IPv6 addresses
    /// count by their first 64 bits. A connection beyond it is reset before anything is read from it, and counted
    /// (<c>transport.connections_refused</c>). Behind a proxy all clients have the proxy's address. Does not apply to Unix sockets.
    /// Default: null, which is no limit. Allowed: 1 and more, or null.
    /// </summary>
    public int? MaxConnectionsPerAddress { get; set; }

    /// <summary>
    /// Gets or sets how long sent data may remain unacknowledged before the kernel resets the connection (TCP_USER_TIMEOUT), with
    /// millisecond precision. Default: null, which is the kernel's (about 15 minutes). Allowed: 00:00:00.001 to 24 days, or null.
    /// </summary>
    public TimeSpan? TcpUserTimeout { get; set; }

    /// <summary>
    /// Gets or sets the idle time after which the kernel sends the first keep-alive probe (TCP_KEEPIDLE), in whole seconds. Setting any of
    /// the three keep-alive options enables keep-alive (SO_KEEPALIVE). Default: null. Allowed: 1 to 32,767 seconds, or null.
    /// </summary>
    public TimeSpan? TcpKeepAliveTime { get; set; }

    /// <summary>
    /// Gets or sets the time between two keep-alive probes (TCP_KEEPINTVL), in whole seconds. Default: null, which is the kernel's (75 s).
    /// Allowed: 1 to 32,767 seconds, or null.
    /// </summary>
    public TimeSpan? TcpKeepAliveInterval { get; set; }

    /// <summary>
    /// Gets or sets the number of unanswered keep-alive probes after which the connection is reset (TCP_KEEPCNT). Default: null, which is
    /// the kernel's (9). Allowed: 1 to 127, or null.
    /// </summary>
    public int? TcpKeepAliveRetryCount { get; set; }

    /// <summary>
    /// Gets or sets the maximum number of connections with data in their SYN (TCP Fast Open, RFC 7413) whose handshake is pending. A SYN
    /// may be replayed, so requests must be safe to repeat. The kernel also needs bit 2 of <c>net.ipv4.tcp_fastopen</c>. Default: null,
    /// which is off. Allowed: 1 to 65,535, or null.
    /// </summary>
    public int? TcpFastOpenQueueLength { get; set; }

    /// <summary>
    /// Gets or sets the permissions of a Unix socket's file; a client needs write permission to connect. They are set after bind(2) and
    /// before listen(2), so no client connects before. In configuration the names are separated by commas: <c>UserRead, UserWrite,
    /// GroupRead, GroupWrite</c>. Does not apply to abstract names. Default: null, which keeps the permissions that the umask gives.
    /// </summary>
    public UnixFileMode? UnixSocketMode { get; set; }

    /// <summary>
    /// Gets or sets the owner of a Unix socket's file, as chown(1) takes it: <c>user</c>, <c>user:group</c> or <c>:group</c>, names or
    /// numbers. A process without CAP_CHOWN can only select one of its own groups. An unknown name fails the start. Does not apply to
    /// abstract names. Default: null, which keeps the process's user and group.
    /// </summary>
    public string? UnixSocketOwner { get; set; }

    /// <summary>
    /// Gets or sets how long open connections continue to be served at shutdown, after the transport has stopped accepting. Kestrel closes
    /// connections that wait for a request as soon as the transport has unbound, even if the first request is on its way; the client then
    /// sees a failure. During the drain each connection ends with its next response (<c>Connection: close</c>, or GOAWAY in HTTP/2). The
    /// drain ends early when the transport has no open connection, and when the host's shutdown timeout expires. With a listening socket
    /// that another process also holds (<see cref="HandOverPath"/>, systemd), such a restart loses no request. Default: zero; 10 seconds if
    /// <see cref="HandOverPath"/> is set, and 1 second with <see cref="SystemdFileDescriptorStore"/>, where clients that connect wait until
    /// the next process accepts. Allowed: 0 to 1 hour.
    /// </summary>
    public TimeSpan DrainTime
    {
        get => _drainTime
            ?? (HandOverPath is not null ? HandOverDrainTime : SystemdFileDescriptorStore ? StoreDrainTime : TimeSpan.Zero);
        set => _drainTime = value;
    }

    /// <summary>
    /// Gets or sets the path of a Unix socket over which a later process takes the listening sockets of this one (SCM_RIGHTS), for a
    /// restart without a failed request. At the start the transport takes the sockets of the process that listens on the path, if there is
    /// one. When the host has started, that process stops, with its <see cref="DrainTime"/>; if the new process does not start, it remains
    /// in service. The processes must have the same user, or the one that is asked is root's. The folder must exist and be writable; give
    /// it to this user alone. Not supported by the rtsig and blocking transports. Default: null, which is off. Allowed: an absolute path of
    /// at most 96 bytes, or null.
    /// </summary>
    public string? HandOverPath { get; set; }

    /// <summary>
    /// Gets or sets whether systemd keeps the listening sockets while the service restarts (FDSTORE=1 of sd_notify(3)): clients that
    /// connect meanwhile wait in the backlog for the next process. The unit needs <c>FileDescriptorStoreMax=</c> of at least the number of
    /// listening sockets: one for each end point, or for each event loop with <see cref="AcceptStrategy.ReusePort"/>. No socket unit is
    /// needed. Has no effect where systemd has not started the process. Cannot be combined with <see cref="HandOverPath"/>. Not supported
    /// by the blocking transport. If a process has several hosts, only the first takes sockets from the store. Default: false.
    /// </summary>
    public bool SystemdFileDescriptorStore { get; set; }

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

        if (HandOverPath is { } path && (!Path.IsPathRooted(path) || Encoding.UTF8.GetByteCount(path) > MaxHandOverPath))
        {
            yield return $"{nameof(HandOverPath)} is \"{path}\"; allowed: an absolute path of at most {MaxHandOverPath} bytes, or null.";
        }

        if (HandOverPath is not null && SystemdFileDescriptorStore)
        {
            yield return $"{nameof(SystemdFileDescriptorStore)} is true and {nameof(HandOverPath)} is \"{HandOverPath}\"; "
                + "allowed: one of them.";
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
