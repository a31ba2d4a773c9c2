using System.Buffers.Binary;
using System.Net.Sockets;
using System.Text;
using Transport.Core.Interop.Sockets;

namespace Transport.Core.HandOver;

/// <summary>
/// A message of the hand-over: the protocol's version, the number of an end point, and its text. The listening sockets of the end point are
/// its descriptors. An end point with more sockets than one message takes has several, with the same number.
/// </summary>
/// <param name="Number">The number of the end point; <see cref="End"/> in the last message.</param>
/// <param name="EndPoint">The end point as configured, as text.</param>
internal readonly record struct HandOverMessage(int Number, string EndPoint)
{
    /// <summary>The number of the last message, which has no end point.</summary>
    public const int End = -1;

    /// <summary>Sent by the new process when it listens on all of its end points.</summary>
    public const byte Listening = 1;

    private const int Version = 1;
    private const int HeaderLength = 2 * sizeof(int);

    /// <summary>A Unix socket's path has at most 108 bytes, and an IP end point less.</summary>
    private const int MaxLength = 1024;

    /// <summary>How long one message may take. An estimate: a process that needs longer on one machine is stopped or hangs.</summary>
    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(10);

    /// <exception cref="IOException">The peer has closed the connection, or did not read for ten seconds.</exception>
    public void Send(Socket socket, ReadOnlySpan<int> descriptors)
    {
        byte[] bytes = new byte[HeaderLength + Encoding.UTF8.GetByteCount(EndPoint)];
        BinaryPrimitives.WriteInt32LittleEndian(bytes, Version);
        BinaryPrimitives.WriteInt32LittleEndian(bytes.AsSpan(sizeof(int)), Number);
        Encoding.UTF8.GetBytes(EndPoint, bytes.AsSpan(HeaderLength));
        SysResult sent;
        while ((sent = DescriptorMessages.Send((int)socket.Handle, bytes, descriptors)).WouldBlock)
        {
            if (!socket.Poll(Timeout, SelectMode.SelectWrite))
            {
                throw new IOException("The process that takes the sockets over does not read.");
            }
        }

        sent.ThrowIfError("sendmsg(SCM_RIGHTS)");
    }

    /// <summary>Receives one message. Its descriptors are added to <paramref name="descriptors"/>, even if it fails.</summary>
    /// <exception cref="IOException">The peer has closed the connection, sent nothing for ten seconds, or has another version.</exception>
    public static HandOverMessage Receive(Socket socket, List<SafeSocketHandle> descriptors)
    {
        Span<byte> bytes = stackalloc byte[MaxLength];
        SysResult received;
        while ((received = DescriptorMessages.Receive((int)socket.Handle, bytes, descriptors)).WouldBlock)
        {
            if (!socket.Poll(Timeout, SelectMode.SelectRead))
            {
                throw new IOException("The process that hands its sockets over sends nothing.");
            }
        }

        int length = (int)received.ThrowIfError("recvmsg(SCM_RIGHTS)");
        if (length < HeaderLength)
        {
            throw new IOException("The process that hands its sockets over has closed the connection.");
        }

        int version = BinaryPrimitives.ReadInt32LittleEndian(bytes);
        return version == Version
            ? new HandOverMessage(
                BinaryPrimitives.ReadInt32LittleEndian(bytes[sizeof(int)..]), Encoding.UTF8.GetString(bytes[HeaderLength..length]))
            : throw new IOException($"The process that hands its sockets over has version {version} of the protocol; "
                + $"supported: {Version}.");
    }
}
