using System.Net;

namespace Transport.Core.ProxyProtocol;

/// <summary>
/// Represents the PROXY protocol header of a connection. Set on connections from which <c>UseProxyProtocol</c> has read a header; their
/// <c>RemoteEndPoint</c> and <c>LocalEndPoint</c> are the client's address and the one that the client connected to.
/// </summary>
public interface IProxyProtocolFeature
{
    /// <summary>Gets the version of the header: 1 (text) or 2 (binary).</summary>
    int Version { get; }

    /// <summary>
    /// Gets whether the header contained the client's address. False for LOCAL (the proxy's own connection, such as a health check) and
    /// UNKNOWN: the end points of the connection are then those of the proxy.
    /// </summary>
    bool HasAddresses { get; }

    /// <summary>Gets the address of the proxy.</summary>
    EndPoint? ProxyEndPoint { get; }

    /// <summary>Gets the address that the proxy connected to.</summary>
    EndPoint? ProxyLocalEndPoint { get; }

    /// <summary>
    /// Gets a type-length-value field of a version 2 header, such as the host name that the client requested (PP2_TYPE_AUTHORITY, 2).
    /// </summary>
    /// <param name="type">The type, as the specification or the proxy's vendor defines it.</param>
    /// <param name="value">The value of the first field of that type.</param>
    /// <returns>Whether the header has such a field.</returns>
    bool TryGetField(byte type, out ReadOnlyMemory<byte> value);
}
