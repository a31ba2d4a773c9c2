using System.Net;

namespace Transport.Core.ProxyProtocol;

/// <summary>Represents the options of <c>UseProxyProtocol</c>.</summary>
public sealed class ProxyProtocolOptions
{
    /// <summary>
    /// Gets the networks of the proxies whose header is trusted. A header from elsewhere would let a client choose its own address. Peers
    /// on Unix sockets are always trusted: the file's permissions decide who may connect. An IPv4-mapped address is compared as the IPv4
    /// address. Default: the loopback addresses (127.0.0.0/8, ::1/128).
    /// </summary>
    public IList<IPNetwork> TrustedNetworks { get; } = [new(IPAddress.Parse("127.0.0.0"), 8), new(IPAddress.IPv6Loopback, 128)];

    /// <summary>
    /// Gets or sets whether connections from outside <see cref="TrustedNetworks"/> are served without a header. Otherwise they are reset.
    /// Default: false.
    /// </summary>
    public bool AllowDirectConnections { get; set; }

    /// <summary>
    /// Gets or sets the time limit for a trusted peer to send the complete header; then the connection is reset. Default: 5 seconds.
    /// Allowed: more than zero, at most one hour.
    /// </summary>
    public TimeSpan HeaderTimeout { get; set; } = TimeSpan.FromSeconds(5);

    /// <exception cref="ArgumentOutOfRangeException"><see cref="HeaderTimeout"/> is out of range.</exception>
    internal void Validate()
    {
        if (HeaderTimeout <= TimeSpan.Zero || HeaderTimeout > TimeSpan.FromHours(1))
        {
            throw new ArgumentOutOfRangeException(
                nameof(HeaderTimeout),
                HeaderTimeout,
                $"{nameof(HeaderTimeout)} is {HeaderTimeout}; allowed: more than 0, at most 01:00:00.");
        }
    }

    internal bool Trusts(EndPoint? peer)
    {
        if (peer is not IPEndPoint { Address: { } address })
        {
            return peer is System.Net.Sockets.UnixDomainSocketEndPoint;
        }

        address = address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address;
        foreach (IPNetwork network in TrustedNetworks)
        {
            if (network.Contains(address))
            {
                return true;
            }
        }

        return false;
    }
}
