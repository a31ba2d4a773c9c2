using System.Net;
using System.Net.Sockets;
using Transport.Core.Interop;
using Transport.Core.Interop.Sockets;

namespace Transport.Core.HandOver;

/// <summary>What both sides of a hand-over agree on: who may take part, and how end points are named.</summary>
internal static class HandOverPeer
{
    /// <summary>
    /// Checks the credentials of the process at the other end (SO_PEERCRED). Whoever has the sockets can accept all clients, so the user
    /// must be the same, or root.
    /// </summary>
    /// <exception cref="IOException">The process belongs to another user.</exception>
    public static Libc.ucred Check(Socket connection)
    {
        Libc.ucred peer = SocketOptions.GetPeerCredentials(connection);
        uint self = Libc.geteuid();
        return peer.uid == self || peer.uid == 0
            ? peer
            : throw new IOException($"process {peer.pid} belongs to user {peer.uid}; allowed: user {self} or root.");
    }

    /// <summary>
    /// The name of an end point as configured. A port of 0 is still 0, so the new process gets the port that the previous one had.
    /// </summary>
    public static string Name(EndPoint endPoint) =>
        endPoint is UnixDomainSocketEndPoint unix ? $"unix:{unix}" : endPoint.ToString()!;
}
