namespace Transport.Core.Features;

/// <summary>What the kernel knows of a TCP connection. Set on TCP connections of these transports.</summary>
public interface ITcpInfoFeature
{
    /// <summary>Reads the kernel's present values: one system call (getsockopt, TCP_INFO).</summary>
    /// <returns>The values.</returns>
    /// <exception cref="ObjectDisposedException">The connection is closed.</exception>
    TcpInfo GetTcpInfo();
}
