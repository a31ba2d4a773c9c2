using System.Net.Sockets;
using Microsoft.AspNetCore.Connections;

namespace Transport.Core.Connections;

/// <summary>Kestrel's border: the one table from errno to the exceptions that it knows.</summary>
internal static class ConnectionErrors
{
    /// <summary>The peer reset the connection. EPIPE is how a send hears of it.</summary>
    public static bool IsReset(SysResult result) => result.Errno is Errno.ECONNRESET or Errno.EPIPE;

    public static Exception ToException(SysResult result)
    {
        switch (result.Errno)
        {
            case Errno.ENODATA:
                return new EndOfStreamException("The file is shorter than the part of it that was to be sent.");
            case Errno.EIO:
                return result.ToException("sendfile");
        }

        SocketException exception = new((int)ToSocketError(result.Errno));
        return IsReset(result) ? new ConnectionResetException(exception.Message, exception) : exception;
    }

    private static SocketError ToSocketError(int errno) => errno switch
    {
        Errno.ECONNRESET => SocketError.ConnectionReset,
        Errno.EPIPE => SocketError.Shutdown,
        Errno.ECONNABORTED => SocketError.ConnectionAborted,
        Errno.ETIMEDOUT => SocketError.TimedOut,
        Errno.EHOSTUNREACH => SocketError.HostUnreachable,
        Errno.EHOSTDOWN => SocketError.HostDown,
        Errno.ENETUNREACH => SocketError.NetworkUnreachable,
        Errno.ENETDOWN => SocketError.NetworkDown,
        Errno.ENOTCONN => SocketError.NotConnected,
        Errno.ENOBUFS or Errno.ENOMEM => SocketError.NoBufferSpaceAvailable,
        Errno.EINVAL => SocketError.InvalidArgument,
        Errno.EPERM or Errno.EACCES => SocketError.AccessDenied,
        Errno.ENOTSOCK or Errno.EBADF => SocketError.NotSocket,
        _ => SocketError.SocketError,
    };
}
