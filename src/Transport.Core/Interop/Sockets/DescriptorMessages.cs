using System.Net.Sockets;

namespace Transport.Core.Interop.Sockets;

/// <summary>
/// Sends and receives descriptors over a Unix socket (SCM_RIGHTS, unix(7)). The kernel duplicates them into the receiving process; both
/// processes then use the same open file description.
/// </summary>
internal static unsafe class DescriptorMessages
{
    /// <summary>SCM_MAX_FD of the kernel.</summary>
    public const int MaxDescriptors = 253;

    /// <summary>The space of a control message with <see cref="MaxDescriptors"/> descriptors: CMSG_SPACE, aligned to 8 bytes.</summary>
    private const int ControlSpace = 16 + (((MaxDescriptors * sizeof(int)) + 7) & ~7);

    /// <summary>sendmsg(2) of one message. MSG_DONTWAIT: −EAGAIN if the receiver's queue is full. Retries EINTR.</summary>
    /// <param name="socket">A connected Unix socket that keeps message boundaries.</param>
    /// <param name="data">The bytes; at least one, since a stream ends with none.</param>
    /// <param name="descriptors">At most <see cref="MaxDescriptors"/>.</param>
    public static SysResult Send(int socket, ReadOnlySpan<byte> data, ReadOnlySpan<int> descriptors)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(descriptors.Length, MaxDescriptors);
        byte* control = stackalloc byte[ControlSpace];
        new Span<byte>(control, ControlSpace).Clear();
        int length = sizeof(Libc.cmsghdr) + (descriptors.Length * sizeof(int));
        Libc.cmsghdr* header = (Libc.cmsghdr*)control;
        header->cmsg_len = (nuint)length;
        header->cmsg_level = Libc.SOL_SOCKET;
        header->cmsg_type = Libc.SCM_RIGHTS;
        descriptors.CopyTo(new Span<int>(control + sizeof(Libc.cmsghdr), descriptors.Length));

        SysResult result;
        do
        {
            // SAFETY: fixed keeps the bytes in place during the call; the control message is on the stack.
            fixed (byte* start = data)
            {
                iovec piece = new() { iov_base = start, iov_len = (nuint)data.Length };
                Libc.msghdr message = new() { msg_iov = &piece, msg_iovlen = 1 };
                if (descriptors.Length > 0)
                {
                    message.msg_control = control;
                    message.msg_controllen = (nuint)((length + 7) & ~7);
                }

                result = SysResult.From(Libc.sendmsg(socket, &message, Libc.MSG_NOSIGNAL | Libc.MSG_DONTWAIT));
            }
        }
        while (result.Errno == Errno.EINTR);
        return result;
    }

    /// <summary>
    /// recvmsg(2) of one message; 0 is the end. The descriptors are added to <paramref name="descriptors"/>, also those of a message that
    /// is cut off (−EMSGSIZE: the descriptor limit, or more than <see cref="MaxDescriptors"/>). Retries EINTR.
    /// </summary>
    public static SysResult Receive(int socket, Span<byte> data, List<SafeSocketHandle> descriptors)
    {
        byte* control = stackalloc byte[ControlSpace];
        SysResult result;
        Libc.msghdr message;
        do
        {
            // SAFETY: fixed keeps the bytes in place during the call; the control message is on the stack.
            fixed (byte* start = data)
            {
                iovec piece = new() { iov_base = start, iov_len = (nuint)data.Length };
                message = new() { msg_iov = &piece, msg_iovlen = 1, msg_control = control, msg_controllen = ControlSpace };
                result = SysResult.From(Libc.recvmsg(socket, &message, Libc.MSG_DONTWAIT | Libc.MSG_CMSG_CLOEXEC));
            }
        }
        while (result.Errno == Errno.EINTR);
        if (result.IsError)
        {
            return result;
        }

        // One kind of control message is possible, and the kernel puts all descriptors of a message into one.
        Libc.cmsghdr* header = (Libc.cmsghdr*)control;
        if ((nint)message.msg_controllen > sizeof(Libc.cmsghdr)
            && header->cmsg_level == Libc.SOL_SOCKET
            && header->cmsg_type == Libc.SCM_RIGHTS)
        {
            int count = ((int)header->cmsg_len - sizeof(Libc.cmsghdr)) / sizeof(int);
            foreach (int descriptor in new ReadOnlySpan<int>(control + sizeof(Libc.cmsghdr), count))
            {
                descriptors.Add(new SafeSocketHandle(descriptor, ownsHandle: true));
            }
        }

        return (message.msg_flags & Libc.MSG_CTRUNC) == 0 ? result : SysResult.Error(Errno.EMSGSIZE);
    }
}
