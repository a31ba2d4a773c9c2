using System.Net;

namespace Transport.Core.Interop;

/// <summary>The address of a client as accept4(2) writes it. Used again for every client of one accept loop.</summary>
internal sealed class PeerAddress
{
    /// <summary>sizeof(struct sockaddr_storage): no address is longer.</summary>
    public const int MaxLength = 128;

    public byte[] Bytes { get; } = new byte[MaxLength];

    /// <summary>How many bytes the kernel has written.</summary>
    public int Length { get; set; }

    /// <param name="family">An end point of the socket's family, which knows how to read addresses other than IP.</param>
    public EndPoint ToEndPoint(EndPoint family) => SocketCalls.ReadEndPoint(Bytes.AsSpan(0, Length), family);
}
