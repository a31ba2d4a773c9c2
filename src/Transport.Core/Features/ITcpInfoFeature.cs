namespace Transport.Core.Features;

/// <summary>Provides the kernel's state of a TCP connection. Set on TCP connections of these transports.</summary>
public interface ITcpInfoFeature
{
    /// <summary>Reads the current values: one system call (getsockopt, TCP_INFO).</summary>
    /// <returns>The values.</returns>
    /// <exception cref="ObjectDisposedException">The connection is closed.</exception>
    TcpInfo GetTcpInfo();
}
