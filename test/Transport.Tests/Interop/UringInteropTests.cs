using Shared.Uring.Interop;
using Transport.Uring.Rings;

namespace Transport.Tests.Interop;

/// <summary>What src/Shared/Uring/Interop says of linux/io_uring.h.</summary>
public class UringInteropTests
{
    [Fact]
    public void Constants() => CComparison.Holds(
        ["linux/io_uring.h", "sys/mman.h", "sys/socket.h", "sys/syscall.h"],
        [
            .. CComparison.ConstantsOf(typeof(IoUring)),
            ("SYS_io_uring_setup", IoUring.SYS_io_uring_setup),
            ("SYS_io_uring_enter", IoUring.SYS_io_uring_enter),
            ("SYS_io_uring_register", IoUring.SYS_io_uring_register),
        ]);

    [Fact]
    public void Structs() => CComparison.Holds(
        ["linux/io_uring.h"],
        [
            .. CComparison.LayoutOf<IoUring.io_sqring_offsets>(),
            .. CComparison.LayoutOf<IoUring.io_cqring_offsets>(),
            .. CComparison.LayoutOf<IoUring.io_uring_params>(),
            .. CComparison.LayoutOf<IoUring.io_uring_sqe>(),
            .. CComparison.LayoutOf<IoUring.io_uring_cqe>(),
            .. CComparison.LayoutOf<IoUring.io_uring_buf>(),
            .. CComparison.LayoutOf<IoUring.io_uring_buf_reg>(),
            .. CComparison.LayoutOf<IoUring.io_uring_getevents_arg>(),
            ("offsetof(struct io_uring_buf_ring, tail)", BufferRing.TailOffset),
        ]);
}
