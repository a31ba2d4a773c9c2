using System.Buffers;
using System.Buffers.Binary;
using System.Net;
using System.Runtime.CompilerServices;

namespace Transport.Core.Interop.Sockets;

/// <summary>
/// The socket calls. Takes spans and end points and returns <see cref="SysResult"/>; no pointer leaves this file.
/// </summary>
internal static unsafe class SocketCalls
{
    /// <summary>
    /// The maximum number of pieces in one sendmsg: 16 blocks of 4 KiB are the default write buffer. The kernel's limit is 1,024.
    /// </summary>
    private const int MaxPieces = 24;

    /// <summary>
    /// accept4(2). Linux returns pending errors of the new socket (ENETDOWN, EPROTO and others) as errors of accept. Retries EINTR.
    /// </summary>
    /// <param name="listening">The listening socket.</param>
    /// <param name="peer">Receives the client's address. Unlike getpeername(2), accept4 returns it even if the client has already
    /// left.</param>
    /// <param name="blocking">Whether calls on the new socket block.</param>
    public static SysResult Accept(int listening, PeerAddress peer, bool blocking)
    {
        SysResult result;
        do
        {
            uint length = PeerAddress.MaxLength;

            // SAFETY: fixed keeps the array in place during the call.
            fixed (byte* address = peer.Bytes)
            {
                result = SysResult.From(Libc.accept4(listening, address, &length, (blocking ? 0 : Libc.SOCK_NONBLOCK) | Libc.SOCK_CLOEXEC));
            }

            peer.Length = (int)Math.Min(length, PeerAddress.MaxLength);
        }
        while (result.Errno == Errno.EINTR);
        return result;
    }

    /// <summary>recv(2) into <paramref name="buffer"/>; 0 is FIN. Retries EINTR.</summary>
    public static SysResult Receive(int socket, Span<byte> buffer, int flags = 0)
    {
        SysResult result;
        do
        {
            // SAFETY: fixed keeps the span's memory in place during the call, whatever pool it is from.
            fixed (byte* start = buffer)
            {
                result = SysResult.From(Libc.recv(socket, start, (nuint)buffer.Length, flags));
            }
        }
        while (result.Errno == Errno.EINTR);
        return result;
    }

    /// <summary>send(2) of one piece. MSG_NOSIGNAL: a closed peer causes EPIPE, not SIGPIPE. Retries EINTR.</summary>
    public static SysResult Send(int socket, ReadOnlySpan<byte> piece, int flags = 0)
    {
        SysResult result;
        do
        {
            // SAFETY: fixed keeps the span's memory in place during the call.
            fixed (byte* start = piece)
            {
                result = SysResult.From(Libc.send(socket, start, (nuint)piece.Length, Libc.MSG_NOSIGNAL | flags));
            }
        }
        while (result.Errno == Errno.EINTR);
        return result;
    }

    /// <summary>
    /// sendmsg(2) of the first pieces of <paramref name="output"/>; may send fewer bytes. Retries EINTR.
    /// </summary>
    public static SysResult Send(int socket, in ReadOnlySequence<byte> output, int flags = 0)
    {
        if (output.IsSingleSegment)
        {
            return Send(socket, output.FirstSpan, flags);
        }

        iovec* pieces = stackalloc iovec[MaxPieces];
        Pins pins = default;
        int count = 0;
        try
        {
            // SAFETY: each piece stays pinned by its handle until the call has returned. Blocks of Kestrel's pool are always pinned, which
            // makes this cheap.
            foreach (ReadOnlyMemory<byte> piece in output)
            {
                if (piece.IsEmpty)
                {
                    continue;
                }

                pins[count] = piece.Pin();
                pieces[count].iov_base = pins[count].Pointer;
                pieces[count].iov_len = (nuint)piece.Length;
                if (++count == MaxPieces)
                {
                    break;
                }
            }

            Libc.msghdr message = new() { msg_iov = pieces, msg_iovlen = (nuint)count };
            SysResult result;
            do
            {
                result = SysResult.From(Libc.sendmsg(socket, &message, Libc.MSG_NOSIGNAL | flags));
            }
            while (result.Errno == Errno.EINTR);
            return result;
        }
        finally
        {
            for (int i = 0; i < count; i++)
            {
                pins[i].Dispose();
            }
        }
    }

    [InlineArray(MaxPieces)]
    private struct Pins
    {
        private MemoryHandle _first;
    }

    /// <summary>Sets TCP_NODELAY: responses are sent at once instead of waiting for the peer's ACK (Nagle's algorithm).</summary>
    public static SysResult SetNoDelay(int socket)
    {
        int on = 1;
        return SysResult.From(Libc.setsockopt(socket, Libc.IPPROTO_TCP, Libc.TCP_NODELAY, &on, sizeof(int)));
    }

    /// <summary>Makes close(2) discard unsent data and send RST.</summary>
    public static SysResult ResetOnClose(int socket)
    {
        Libc.linger linger = new() { l_onoff = 1, l_linger = 0 };
        return SysResult.From(Libc.setsockopt(socket, Libc.SOL_SOCKET, Libc.SO_LINGER, &linger, (uint)sizeof(Libc.linger)));
    }

    /// <summary>
    /// connect(AF_UNSPEC): discards unsent data and sends RST at once, without closing the descriptor. Calls that other threads are blocked
    /// in return. Only TCP has it; it fails with EBUSY on the kernels that refuse it while a thread waits in the socket.
    /// </summary>
    public static SysResult Disconnect(int socket)
    {
        // struct sockaddr. The kernel reads the family only.
        byte* address = stackalloc byte[16];
        new Span<byte>(address, 16).Clear();
        BitConverter.TryWriteBytes(new Span<byte>(address, 16), Libc.AF_UNSPEC);
        return SysResult.From(Libc.connect(socket, address, 16));
    }

    /// <summary>Sets or clears SO_REUSEPORT, on a socket in any state.</summary>
    public static SysResult SetReusePort(int socket, bool on)
    {
        int value = on ? 1 : 0;
        return SysResult.From(Libc.setsockopt(socket, Libc.SOL_SOCKET, Libc.SO_REUSEPORT, &value, sizeof(int)));
    }

    /// <summary>
    /// shutdown(SHUT_RDWR): sends FIN after the unsent data. Called before close(2), which alone would send RST if data is unread.
    /// </summary>
    public static SysResult Shutdown(int socket) => SysResult.From(Libc.shutdown(socket, Libc.SHUT_RDWR));

    /// <summary>shutdown(SHUT_RD): sends nothing to the peer; a thread that is blocked in recv gets 0.</summary>
    public static SysResult ShutdownReceive(int socket) => SysResult.From(Libc.shutdown(socket, Libc.SHUT_RD));

    /// <summary>close(2), once: on Linux the descriptor is released even if it returns an error such as EINTR.</summary>
    public static void Close(int descriptor) => Unistd.Close(descriptor);

    /// <summary>Duplicates the descriptor to the lowest free number.</summary>
    public static SysResult Duplicate(int descriptor) => SysResult.From(Fcntl.fcntl(descriptor, Fcntl.F_DUPFD_CLOEXEC, 0));

    /// <summary>Returns the soft limit of RLIMIT_NOFILE: every descriptor's number is below it.</summary>
    public static int DescriptorLimit()
    {
        Libc.rlimit limit;
        return Libc.getrlimit(Libc.RLIMIT_NOFILE, &limit) == 0 ? (int)Math.Min(limit.rlim_cur, int.MaxValue) : int.MaxValue;
    }

    /// <summary>
    /// Returns the number that the next descriptor would get; <see cref="int.MaxValue"/> if the descriptor limit is reached.
    /// </summary>
    public static int LowestFreeDescriptor()
    {
        SysResult probe = EventFd.Create(0);
        if (probe.IsError)
        {
            return int.MaxValue;
        }

        Close((int)probe.Value);
        return (int)probe.Value;
    }

    /// <summary>Returns SO_ACCEPTCONN: whether listen(2) has been called on the socket.</summary>
    public static bool IsListening(int socket)
    {
        int value = 0;
        uint length = sizeof(int);
        return Libc.getsockopt(socket, Libc.SOL_SOCKET, Libc.SO_ACCEPTCONN, &value, &length) == 0 && value != 0;
    }

    /// <summary>Sets O_NONBLOCK on the open file description: it applies to all duplicates of the descriptor.</summary>
    public static SysResult SetNonBlocking(int descriptor)
    {
        SysResult flags = SysResult.From(Fcntl.fcntl(descriptor, Fcntl.F_GETFL, 0));
        return flags.IsError ? flags : SysResult.From(Fcntl.fcntl(descriptor, Fcntl.F_SETFL, flags.Value | Fcntl.O_NONBLOCK));
    }

    /// <summary>Returns the address from getsockname(2), or null.</summary>
    public static EndPoint? GetLocalEndPoint(int socket, EndPoint family)
    {
        byte* address = stackalloc byte[PeerAddress.MaxLength];
        uint length = PeerAddress.MaxLength;
        return Libc.getsockname(socket, address, &length) == 0 ? ReadEndPoint(new(address, (int)length), family) : null;
    }

    /// <summary>Parses struct sockaddr_in, sockaddr_in6, or an address that <paramref name="family"/> can parse.</summary>
    public static EndPoint ReadEndPoint(ReadOnlySpan<byte> address, EndPoint family)
    {
        switch (address.Length < 2 ? (ushort)0 : BitConverter.ToUInt16(address))
        {
            case Libc.AF_INET when address.Length >= 16:
                return new IPEndPoint(new IPAddress(address.Slice(4, 4)), BinaryPrimitives.ReadUInt16BigEndian(address[2..]));
            case Libc.AF_INET6 when address.Length >= 28:
                return new IPEndPoint(
                    new IPAddress(address.Slice(8, 16), BitConverter.ToUInt32(address[24..])),
                    BinaryPrimitives.ReadUInt16BigEndian(address[2..]));
            default:
                SocketAddress raw = new(family.AddressFamily, Math.Max(address.Length, 2));
                address.CopyTo(raw.Buffer.Span);
                return family.Create(raw);
        }
    }
}
