using System.Net;

namespace Transport.Core.ProxyProtocol;

/// <summary>The feature of one connection.</summary>
internal sealed class ProxyProtocolFeature(ProxyHeader header, EndPoint? proxy, EndPoint? proxyLocal) : IProxyProtocolFeature
{
    public int Version => header.Version;

    public bool HasAddresses => header.Source is not null;

    public EndPoint? ProxyEndPoint => proxy;

    public EndPoint? ProxyLocalEndPoint => proxyLocal;

    public bool TryGetField(byte type, out ReadOnlyMemory<byte> value) => ProxyHeader2.TryGetField(header.Fields, type, out value);
}
