using System.Net;

namespace Transport.Core.Interop.Sockets;

/// <summary>The address of a client as accept4(2) writes it. Reused for every client of an accept loop.</summary>
internal sealed class PeerAddress
{
    /// <summary>sizeof(struct sockaddr_storage), the maximum size of an address.</summary>
    public const int MaxLength = 128;

    public byte[] Bytes { get; } = new byte[MaxLength];

    /// <summary>The number of bytes that the kernel has written.</summary>
    public int Length { get; set; }

    /// <param name="family">An end point of the socket's address family, which parses addresses other than IP.</param>
    public EndPoint ToEndPoint(EndPoint family) => SocketCalls.ReadEndPoint(Bytes.AsSpan(0, Length), family);
}
