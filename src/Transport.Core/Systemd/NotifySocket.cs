using System.Net.Sockets;
using System.Text;
using Transport.Core.Interop.Sockets;

namespace Transport.Core.Systemd;

/// <summary>
/// Messages to systemd, sd_notify(3), with descriptors. The notifier of Microsoft.Extensions.Hosting.Systemd sends states without them.
/// </summary>
/// <param name="path">The value of NOTIFY_SOCKET: a path, or an abstract name that begins with @.</param>
internal sealed class NotifySocket(string path)
{
    /// <summary>How long a full queue of systemd may delay a message. An estimate: systemd reads at once.</summary>
    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(10);

    /// <exception cref="IOException">The socket does not exist, or systemd does not read.</exception>
    /// <exception cref="SocketException">The kernel refused the connection.</exception>
    public void Send(string message, ReadOnlySpan<int> descriptors)
    {
        using Socket socket = new(AddressFamily.Unix, SocketType.Dgram, ProtocolType.Unspecified);
        socket.Connect(new UnixDomainSocketEndPoint(path[0] == '@' ? $"\0{path[1..]}" : path));
        byte[] bytes = Encoding.ASCII.GetBytes(message);
        SysResult sent;
        while ((sent = DescriptorMessages.Send((int)socket.Handle, bytes, descriptors)).WouldBlock)
        {
            if (!socket.Poll(Timeout, SelectMode.SelectWrite))
            {
                throw new IOException($"systemd does not read from {path} (NOTIFY_SOCKET).");
            }
        }

        sent.ThrowIfError("sendmsg(SCM_RIGHTS)");
    }
}
