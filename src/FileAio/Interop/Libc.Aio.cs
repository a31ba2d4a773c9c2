using System.Runtime.InteropServices;

namespace FileAio.Interop;

/// <summary>
/// linux/aio_abi.h, by system call number. libaio is not needed; its functions have other types and another errno convention.
/// </summary>
internal static unsafe partial class Libc
{
    public const ushort IOCB_CMD_PREAD = 0;
    public const uint IOCB_FLAG_RESFD = 1;
    public const uint AIO_RING_MAGIC = 0xa10a10a1;

    private static readonly int io_setup_nr = Arm ? 0 : 206;
    private static readonly int io_destroy_nr = Arm ? 1 : 207;
    private static readonly int io_getevents_nr = Arm ? 4 : 208;
    private static readonly int io_submit_nr = Arm ? 2 : 209;
    private static readonly int io_cancel_nr = Arm ? 3 : 210;

    [StructLayout(LayoutKind.Explicit, Size = 64)]
    public struct iocb
    {
        [FieldOffset(0)] public ulong aio_data;
        [FieldOffset(8)] public uint aio_key;
        [FieldOffset(12)] public int aio_rw_flags;
        [FieldOffset(16)] public ushort aio_lio_opcode;
        [FieldOffset(18)] public short aio_reqprio;
        [FieldOffset(20)] public uint aio_fildes;
        [FieldOffset(24)] public ulong aio_buf;
        [FieldOffset(32)] public ulong aio_nbytes;
        [FieldOffset(40)] public long aio_offset;
        [FieldOffset(56)] public uint aio_flags;
        [FieldOffset(60)] public uint aio_resfd;
    }

    /// <summary>
    /// struct aio_ring of fs/aio.c, which is at the address of a context. It is in no header, but libaio and others read it, so it does not
    /// change while its magic is <see cref="AIO_RING_MAGIC"/>.
    /// </summary>
    [StructLayout(LayoutKind.Sequential)]
    public struct aio_ring
    {
        public uint id;
        public uint nr;
        public uint head;
        public uint tail;
        public uint magic;
        public uint compat_features;
        public uint incompat_features;
        public uint header_length;
    }

    [StructLayout(LayoutKind.Sequential)]
    public struct io_event
    {
        public ulong data;
        public ulong obj;
        public long res;
        public long res2;
    }

    public static SysResult IoSetup(int events, out nint context)
    {
        context = 0;
        fixed (nint* pointer = &context)
        {
            return SysResult.From(syscall_(io_setup_nr, events, (nint)pointer, 0, 0, 0, 0));
        }
    }

    public static SysResult IoDestroy(nint context) => SysResult.From(syscall_(io_destroy_nr, context, 0, 0, 0, 0, 0));

    public static SysResult IoSubmit(nint context, int count, iocb** blocks) =>
        SysResult.From(syscall_(io_submit_nr, context, count, (nint)blocks, 0, 0, 0));

    /// <summary>Waits for <paramref name="atLeast"/> events, and returns up to <paramref name="atMost"/>.</summary>
    public static SysResult IoGetEvents(nint context, int atLeast, int atMost, io_event* events, TimeSpan wait)
    {
        timespec timeout = timespec.From(wait);
        SysResult result;
        do
        {
            result = SysResult.From(syscall_(io_getevents_nr, context, atLeast, atMost, (nint)events, (nint)(&timeout), 0));
        }
        while (result.Value == -Errno.EINTR);
        return result;
    }

    /// <summary>Returns true if events are available, or if the ring cannot be read. The context must not be destroyed meanwhile.</summary>
    public static bool HasEvents(nint context)
    {
        // SAFETY: mapped by io_setup until io_destroy.
        aio_ring* ring = (aio_ring*)context;
        bool isKnown = ring->magic == AIO_RING_MAGIC && ring->incompat_features == 0;
        return !isKnown || Volatile.Read(ref ring->head) != Volatile.Read(ref ring->tail);
    }

    public static SysResult IoCancel(nint context, iocb* block, out io_event result)
    {
        result = default;
        fixed (io_event* pointer = &result)
        {
            return SysResult.From(syscall_(io_cancel_nr, context, (nint)block, (nint)pointer, 0, 0, 0));
        }
    }
}
