using System.Runtime.InteropServices;

namespace FileAio.Interop;

/// <summary>aio.h of glibc (in libc itself since 2.34): reads by threads in user space.</summary>
internal static unsafe partial class Libc
{
    public const int LIO_READ = 0;
    public const int LIO_NOWAIT = 1;
    public const int SIGEV_NONE = 1;
    public const int AIO_NOTCANCELED = 1;

    [StructLayout(LayoutKind.Explicit, Size = 168)]
    public struct aiocb
    {
        [FieldOffset(0)] public int aio_fildes;
        [FieldOffset(4)] public int aio_lio_opcode;
        [FieldOffset(8)] public int aio_reqprio;
        [FieldOffset(16)] public nint aio_buf;
        [FieldOffset(24)] public nuint aio_nbytes;
        [FieldOffset(44)] public int sigev_notify;
        [FieldOffset(112)] public int __error_code;
        [FieldOffset(128)] public long aio_offset;
    }

    [LibraryImport("libc", EntryPoint = "gnu_get_libc_version")]
    private static partial byte* gnu_get_libc_version_();

    /// <exception cref="EntryPointNotFoundException">The C library is not glibc.</exception>
    public static void GnuVersion() => _ = gnu_get_libc_version_();

    [LibraryImport("libc", EntryPoint = "aio_read")]
    private static partial int aio_read_(aiocb* block);

    [LibraryImport("libc", EntryPoint = "lio_listio")]
    private static partial int lio_listio_(int mode, aiocb** blocks, int count, void* sigevent);

    [LibraryImport("libc", EntryPoint = "aio_error")]
    private static partial int aio_error_(aiocb* block);

    [LibraryImport("libc", EntryPoint = "aio_return")]
    private static partial nint aio_return_(aiocb* block);

    [LibraryImport("libc", EntryPoint = "aio_suspend")]
    private static partial int aio_suspend_(aiocb** blocks, int count, timespec* timeout);

    [LibraryImport("libc", EntryPoint = "aio_cancel")]
    private static partial int aio_cancel_(int fd, aiocb* block);

    public static SysResult AioRead(aiocb* block) => SysResult.From(aio_read_(block));

    public static SysResult LioListio(aiocb** blocks, int count) => SysResult.From(lio_listio_(LIO_NOWAIT, blocks, count, null));

    /// <summary>Returns 0 if the read has completed, EINPROGRESS while it runs, or else its errno.</summary>
    public static int AioError(aiocb* block) => aio_error_(block);

    public static long AioReturn(aiocb* block) => aio_return_(block);

    /// <summary>Waits for a completion. Returns −EAGAIN after the timeout.</summary>
    public static SysResult AioSuspend(aiocb** blocks, int count, TimeSpan timeout)
    {
        timespec limit = timespec.From(timeout);
        return SysResult.From(aio_suspend_(blocks, count, timeout == Timeout.InfiniteTimeSpan ? null : &limit));
    }

    /// <summary>Cancels a read. Returns AIO_NOTCANCELED if a thread has started it.</summary>
    public static int AioCancel(int fd, aiocb* block) => aio_cancel_(fd, block);
}
