using System.Net;

namespace Transport.Core.ProxyProtocol;

/// <summary>Represents a parsed header.</summary>
/// <param name="Version">1 or 2.</param>
/// <param name="Source">The client's address; null if the header has none.</param>
/// <param name="Destination">The address that the client connected to; null with <paramref name="Source"/>.</param>
/// <param name="Fields">The type-length-value fields of version 2, already validated.</param>
internal sealed record ProxyHeader(int Version, EndPoint? Source, EndPoint? Destination, ReadOnlyMemory<byte> Fields);
