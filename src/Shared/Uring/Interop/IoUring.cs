using System.Runtime.InteropServices;

namespace Shared.Uring.Interop;

/// <summary>
/// linux/io_uring.h and the system calls. libc has no wrappers for the three calls; their numbers are the same on every architecture that
/// .NET supports.
/// </summary>
internal static unsafe partial class IoUring
{
    public const int SYS_io_uring_setup = 425;
    public const int SYS_io_uring_enter = 426;
    public const int SYS_io_uring_register = 427;

    public const uint IORING_SETUP_SQPOLL = 1u << 1;
    public const uint IORING_SETUP_CQSIZE = 1u << 3;
    public const uint IORING_SETUP_SUBMIT_ALL = 1u << 7;
    public const uint IORING_SETUP_COOP_TASKRUN = 1u << 8;
    public const uint IORING_SETUP_SINGLE_ISSUER = 1u << 12;
    public const uint IORING_SETUP_DEFER_TASKRUN = 1u << 13;

    public const uint IORING_FEAT_SINGLE_MMAP = 1u << 0;
    public const uint IORING_FEAT_NODROP = 1u << 1;
    public const uint IORING_FEAT_SUBMIT_STABLE = 1u << 2;
    public const uint IORING_FEAT_FAST_POLL = 1u << 5;
    public const uint IORING_FEAT_EXT_ARG = 1u << 8;

    public const ulong IORING_OFF_SQ_RING = 0;
    public const ulong IORING_OFF_SQES = 0x10000000;

    public const uint IORING_ENTER_GETEVENTS = 1u << 0;
    public const uint IORING_ENTER_SQ_WAKEUP = 1u << 1;
    public const uint IORING_ENTER_SQ_WAIT = 1u << 2;
    public const uint IORING_ENTER_EXT_ARG = 1u << 3;

    public const uint IORING_SQ_NEED_WAKEUP = 1u << 0;
    public const uint IORING_SQ_CQ_OVERFLOW = 1u << 1;

    public const uint IORING_REGISTER_EVENTFD = 4;
    public const uint IORING_REGISTER_IOWQ_MAX_WORKERS = 19;
    public const uint IORING_REGISTER_PBUF_RING = 22;

    public const byte IORING_OP_POLL_ADD = 6;
    public const byte IORING_OP_SENDMSG = 9;
    public const byte IORING_OP_ASYNC_CANCEL = 14;
    public const byte IORING_OP_STATX = 21;
    public const byte IORING_OP_READ = 22;
    public const byte IORING_OP_SEND = 26;
    public const byte IORING_OP_RECV = 27;
    public const byte IORING_OP_OPENAT2 = 28;
    public const byte IORING_OP_SEND_ZC = 47;
    public const byte IORING_OP_SENDMSG_ZC = 48;

    public const int IOSQE_ASYNC_BIT = 4;
    public const int IOSQE_BUFFER_SELECT_BIT = 5;

    public const ushort IORING_RECVSEND_POLL_FIRST = 1 << 0;

    public const ushort IORING_RECV_MULTISHOT = 1 << 1;

    public const uint IORING_CQE_F_BUFFER = 1u << 0;
    public const uint IORING_CQE_F_MORE = 1u << 1;
    public const uint IORING_CQE_F_SOCK_NONEMPTY = 1u << 2;
    public const int IORING_CQE_BUFFER_SHIFT = 16;

    public const int MSG_WAITALL = 0x100;

    public const int PROT_READ = 1;
    public const int PROT_WRITE = 2;
    public const int MAP_SHARED = 1;
    public const int MAP_PRIVATE = 2;
    public const int MAP_ANONYMOUS = 0x20;
    public const int MAP_POPULATE = 0x8000;

    /// <summary>IORING_SETUP_NO_SQARRAY, Linux 6.6: newer than the headers that the tests compare the layouts with.</summary>
    public static readonly uint NoSubmissionArray = 1u << 16;

    /// <summary>IORING_SEND_ZC_REPORT_USAGE, Linux 6.2.</summary>
    public static readonly ushort ReportUsage = 1 << 3;

    /// <summary>IORING_NOTIF_USAGE_ZC_COPIED, the sign bit of a notification's result.</summary>
    public static readonly int UsageCopied = int.MinValue;

    /// <summary>IORING_REGISTER_NAPI, Linux 6.9.</summary>
    public static readonly uint RegisterNapi = 27;

    /// <summary>
    /// connect(2) with AF_UNSPEC: ends the connection with RST and frees what has not been sent, also while operations hold the socket.
    /// </summary>
    public static SysResult Disconnect(int socket)
    {
        // SAFETY: on the stack during the call. Zero is AF_UNSPEC.
        ulong* address = stackalloc ulong[2];
        return SysResult.From(connect(socket, address, 2 * sizeof(ulong)));
    }

    [LibraryImport("libc", EntryPoint = "syscall")]
    internal static partial nint io_uring_setup(nint number, uint entries, io_uring_params* parameters);

    [LibraryImport("libc", EntryPoint = "syscall")]
    internal static partial nint io_uring_enter(
        nint number, nint fd, nint toSubmit, nint minComplete, nint flags, io_uring_getevents_arg* argument, nint argumentSize);

    [LibraryImport("libc", EntryPoint = "syscall")]
    internal static partial nint io_uring_register(nint number, nint fd, nint opcode, void* argument, nint count);

    [LibraryImport("libc")]
    internal static partial byte* mmap(void* addr, nuint length, int prot, int flags, int fd, nint offset);

    [LibraryImport("libc")]
    internal static partial int munmap(void* addr, nuint length);

    [LibraryImport("libc")]
    internal static partial int connect(int sockfd, void* addr, uint addrlen);

    [LibraryImport("libc")]
    internal static partial int socketpair(int domain, int type, int protocol, int* sv);
}
