using Shared.Interop;
using Transport.Core.Interop;
using Transport.Core.Interop.Threads;

namespace Transport.Tests.Interop;

/// <summary>What src/Transport.Core/Interop says of the C library, against its headers.</summary>
public class CoreInteropTests
{
    [Fact]
    public void Error_numbers() => CComparison.Holds(["errno.h"], CComparison.ConstantsOf(typeof(Shared.Interop.Errno)));

    [Fact]
    public void Constants_of_the_socket_file_and_event_headers() => CComparison.Holds(
        [
            "sys/socket.h", "sys/uio.h", "netinet/in.h", "netinet/tcp.h", "fcntl.h", "unistd.h", "sys/eventfd.h", "poll.h", "time.h",
            "sys/resource.h", "sys/stat.h", "sys/file.h",
            "linux/filter.h",
        ],
        [
            .. CComparison.ConstantsOf(typeof(Libc)),
            .. CComparison.ConstantsOf(typeof(Fcntl)),
            .. CComparison.ConstantsOf(typeof(EventFd)),
            .. CComparison.ConstantsOf(typeof(FileStat)),
        ]);

    [Fact]
    public void Structs_of_the_socket_headers() => CComparison.Holds(
        ["sys/socket.h", "sys/uio.h", "sys/resource.h", "sys/stat.h", "linux/filter.h"],
    [
        .. CComparison.LayoutOf<iovec>(),
        .. CComparison.LayoutOf<statx>(),
        .. CComparison.LayoutOf<Libc.msghdr>(),
        .. CComparison.LayoutOf<Libc.cmsghdr>(),
        .. CComparison.LayoutOf<Libc.linger>(),
        .. CComparison.LayoutOf<Libc.rlimit>(),
        .. CComparison.LayoutOf<Libc.sock_filter>(),
        .. CComparison.LayoutOf<Libc.sock_fprog>(),
    ]);

    /// <summary>SocketCalls reads addresses by these offsets.</summary>
    [Fact]
    public void Socket_addresses() => CComparison.Holds(["netinet/in.h", "sys/socket.h", "sys/un.h"],
        ("sizeof(struct sockaddr_storage)", 128),
        ("sizeof(struct sockaddr_in)", 16),
        ("offsetof(struct sockaddr_in, sin_port)", 2),
        ("offsetof(struct sockaddr_in, sin_addr)", 4),
        ("sizeof(struct sockaddr_in6)", 28),
        ("offsetof(struct sockaddr_in6, sin6_port)", 2),
        ("offsetof(struct sockaddr_in6, sin6_addr)", 8),
        ("offsetof(struct sockaddr_in6, sin6_scope_id)", 24));

    [Fact]
    public void Futexes() => CComparison.Holds(["linux/futex.h", "sys/syscall.h", "time.h"],
    [
        .. CComparison.ConstantsOf(typeof(Futex)),
        ("SYS_futex", RawSyscalls.SYS_futex),
        ("SYS_gettid", RawSyscalls.SYS_gettid),
        ("SYS_preadv2", RawSyscalls.SYS_preadv2),
        ("SYS_statx", FileStat.SYS_statx),
        .. CComparison.LayoutOf<timespec>(),
    ]);

    /// <summary>
    /// The id of a thread's CPU clock as libc makes it, for the first thread of a process, against <see cref="ThreadCpuClock"/>'s rule.
    /// </summary>
    [Fact]
    public void A_threads_cpu_clock() => CComparison.Holds(["pthread.h", "time.h", "unistd.h", "sys/syscall.h"],
        ("({ clockid_t id; pthread_getcpuclockid(pthread_self(), &id); id == (int)((~(unsigned)syscall(SYS_gettid) << 3) | 6); })", 1));
}
