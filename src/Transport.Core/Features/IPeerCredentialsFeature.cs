namespace Transport.Core.Features;

/// <summary>Provides the credentials of the peer of a Unix socket. Set on Unix socket connections of these transports.</summary>
public interface IPeerCredentialsFeature
{
    /// <summary>
    /// Reads the credentials that the peer had when it connected (getsockopt, SO_PEERCRED). The kernel sets them; the peer cannot choose
    /// them.
    /// </summary>
    /// <returns>The credentials.</returns>
    /// <exception cref="ObjectDisposedException">The connection is closed.</exception>
    PeerCredentials GetPeerCredentials();
}
