namespace Transport.Core.Features;

/// <summary>Who is at the other end of a Unix socket. Set on Unix socket connections of these transports.</summary>
public interface IPeerCredentialsFeature
{
    /// <summary>
    /// Reads the credentials that the peer had when it connected (getsockopt, SO_PEERCRED). The kernel vouches for them: the peer cannot
    /// choose them.
    /// </summary>
    /// <returns>The credentials.</returns>
    /// <exception cref="ObjectDisposedException">The connection is closed.</exception>
    PeerCredentials GetPeerCredentials();
}
