using System.Buffers;
using Transport.Core.Interop;
using static Shared.Uring.Interop.IoUring;

namespace Transport.Uring.Interop;

/// <summary>Fills in the operations that the transport uses. Memory that they point to stays in place until completion.</summary>
internal static unsafe class Sqe
{
    /// <summary>
    /// recv(2) into a buffer that the kernel takes from the buffer ring when there is data. It polls first: the socket is expected to be
    /// empty.
    /// </summary>
    public static io_uring_sqe ReceiveIntoRing(int socket, ushort group, ulong userData) => new()
    {
        opcode = IORING_OP_RECV,
        flags = 1 << IOSQE_BUFFER_SELECT_BIT,
        ioprio = IORING_RECVSEND_POLL_FIRST,
        fd = socket,
        buf_group = group,
        user_data = userData,
    };

    /// <summary>Like <see cref="ReceiveIntoRing"/>, and completes for each piece of data until it is cancelled.</summary>
    public static io_uring_sqe ReceiveMultishot(int socket, ushort group, ulong userData) => new()
    {
        opcode = IORING_OP_RECV,
        flags = 1 << IOSQE_BUFFER_SELECT_BIT,
        ioprio = IORING_RECVSEND_POLL_FIRST | IORING_RECV_MULTISHOT,
        fd = socket,
        buf_group = group,
        user_data = userData,
    };

    /// <summary>recv(2) into the caller's memory, which polls first.</summary>
    public static io_uring_sqe WaitAndReceive(int socket, in MemoryHandle into, int length, ulong userData) => new()
    {
        opcode = IORING_OP_RECV,
        ioprio = IORING_RECVSEND_POLL_FIRST,
        fd = socket,
        addr = (ulong)into.Pointer,
        len = (uint)length,
        user_data = userData,
    };

    /// <summary>recv(2) into the caller's memory without waiting: −EAGAIN if there is no data.</summary>
    public static io_uring_sqe Receive(int socket, in MemoryHandle into, int length, ulong userData) => new()
    {
        opcode = IORING_OP_RECV,
        fd = socket,
        addr = (ulong)into.Pointer,
        len = (uint)length,
        msg_flags = Libc.MSG_DONTWAIT,
        user_data = userData,
    };

    /// <summary>send(2). MSG_WAITALL: the kernel itself continues after a short send.</summary>
    public static io_uring_sqe Send(int socket, in MemoryHandle from, int length, int flags, ulong userData, bool zeroCopy = false) => new()
    {
        opcode = zeroCopy ? IORING_OP_SEND_ZC : IORING_OP_SEND,
        ioprio = zeroCopy ? ReportUsage : (ushort)0,
        fd = socket,
        addr = (ulong)from.Pointer,
        len = (uint)length,
        msg_flags = (uint)(Libc.MSG_NOSIGNAL | MSG_WAITALL | flags),
        user_data = userData,
    };

    /// <summary>sendmsg(2) of the pieces of <paramref name="vector"/>.</summary>
    public static io_uring_sqe Send(int socket, SendVector vector, int flags, ulong userData, bool zeroCopy = false) => new()
    {
        opcode = zeroCopy ? IORING_OP_SENDMSG_ZC : IORING_OP_SENDMSG,
        ioprio = zeroCopy ? ReportUsage : (ushort)0,
        fd = socket,
        addr = (ulong)vector.Message,
        len = 1,
        msg_flags = (uint)(Libc.MSG_NOSIGNAL | MSG_WAITALL | flags),
        user_data = userData,
    };

    /// <summary>Polls once: completes when the descriptor is ready, or at once if it already is.</summary>
    public static io_uring_sqe Poll(int descriptor, short events, ulong userData) => new()
    {
        opcode = IORING_OP_POLL_ADD,
        fd = descriptor,
        // The kernel swaps the halves on big-endian machines; of those .NET supports only s390x on Linux.
        poll32_events = BitConverter.IsLittleEndian ? (ushort)events : (uint)(ushort)events << 16,
        user_data = userData,
    };

    public static io_uring_sqe Read(int descriptor, void* into, int length, ulong userData) => new()
    {
        opcode = IORING_OP_READ,
        fd = descriptor,
        off = ulong.MaxValue,
        addr = (ulong)into,
        len = (uint)length,
        user_data = userData,
    };

    /// <summary>Cancels the operation that was submitted with <paramref name="target"/>. Both complete.</summary>
    public static io_uring_sqe Cancel(ulong target, ulong userData) => new()
    {
        opcode = IORING_OP_ASYNC_CANCEL,
        fd = -1,
        addr = target,
        user_data = userData,
    };
}
