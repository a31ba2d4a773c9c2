using static Shared.Uring.Interop.IoUring;

namespace FileAio.Interop;

/// <summary>Fills in the operations on files. Memory that they point to stays in place until completion.</summary>
internal static unsafe class FileSqe
{
    /// <summary>pread(2).</summary>
    /// <param name="descriptor">The file.</param>
    /// <param name="into">The buffer.</param>
    /// <param name="length">Its length.</param>
    /// <param name="offset">The offset in the file.</param>
    public static io_uring_sqe Read(int descriptor, nint into, int length, long offset) => new()
    {
        opcode = IORING_OP_READ,
        fd = descriptor,
        off = (ulong)offset,
        addr = (ulong)into,
        len = (uint)length,
    };

    /// <summary>openat2(2) of the path of <paramref name="arguments"/>, relative to a folder.</summary>
    public static io_uring_sqe Open(int folder, OpenArguments arguments) => new()
    {
        opcode = IORING_OP_OPENAT2,
        fd = folder,
        off = (ulong)arguments.How,
        addr = (ulong)arguments.Path,
        len = (uint)sizeof(Libc.open_how),
    };

    /// <summary>statx(2) of a descriptor.</summary>
    public static io_uring_sqe Stat(int descriptor, OpenArguments arguments) => new()
    {
        opcode = IORING_OP_STATX,
        fd = descriptor,
        off = (ulong)arguments.Facts,
        addr = (ulong)arguments.EmptyPath,
        len = FileStat.STATX_BASIC_STATS | FileStat.STATX_DIOALIGN,
        statx_flags = FileStat.AT_EMPTY_PATH,
    };

    /// <summary>Cancels the operation that was submitted with <paramref name="target"/>. Both complete.</summary>
    public static io_uring_sqe Cancel(ulong target) => new()
    {
        opcode = IORING_OP_ASYNC_CANCEL,
        fd = -1,
        addr = target,
    };
}
