using System.Runtime.InteropServices;

namespace Shared.Uring.Interop;

/// <summary>The structs of linux/io_uring.h.</summary>
internal static unsafe partial class IoUring
{
    [StructLayout(LayoutKind.Sequential)]
    public struct io_sqring_offsets
    {
        public uint head;
        public uint tail;
        public uint ring_mask;
        public uint ring_entries;
        public uint flags;
        public uint dropped;
        public uint array;
        public uint resv1;
        public ulong resv2;
    }

    [StructLayout(LayoutKind.Sequential)]
    public struct io_cqring_offsets
    {
        public uint head;
        public uint tail;
        public uint ring_mask;
        public uint ring_entries;
        public uint overflow;
        public uint cqes;
        public uint flags;
        public uint resv1;
        public ulong resv2;
    }

    [StructLayout(LayoutKind.Explicit, Size = 120)]
    public struct io_uring_params
    {
        [FieldOffset(0)] public uint sq_entries;
        [FieldOffset(4)] public uint cq_entries;
        [FieldOffset(8)] public uint flags;
        [FieldOffset(20)] public uint features;
        [FieldOffset(40)] public io_sqring_offsets sq_off;
        [FieldOffset(80)] public io_cqring_offsets cq_off;
    }

    /// <summary>struct io_uring_sqe: an operation, and the value that identifies its completion.</summary>
    [StructLayout(LayoutKind.Explicit, Size = 64)]
    public struct io_uring_sqe
    {
        [FieldOffset(0)] public byte opcode;
        [FieldOffset(1)] public byte flags;
        [FieldOffset(2)] public ushort ioprio;
        [FieldOffset(4)] public int fd;
        [FieldOffset(8)] public ulong off;
        [FieldOffset(16)] public ulong addr;
        [FieldOffset(24)] public uint len;
        [FieldOffset(28)] public uint msg_flags;
        [FieldOffset(28)] public uint statx_flags;
        [FieldOffset(28)] public uint poll32_events;
        [FieldOffset(32)] public ulong user_data;
        [FieldOffset(40)] public ushort buf_group;
    }

    /// <summary>struct io_uring_cqe: a completion.</summary>
    [StructLayout(LayoutKind.Sequential)]
    public struct io_uring_cqe
    {
        public ulong user_data;
        public int res;
        public uint flags;
    }

    /// <summary>struct io_uring_buf: a buffer that the kernel may take. The resv field of the first one is the ring's tail.</summary>
    [StructLayout(LayoutKind.Sequential)]
    public struct io_uring_buf
    {
        public ulong addr;
        public uint len;
        public ushort bid;
        public ushort resv;
    }

    [StructLayout(LayoutKind.Explicit, Size = 40)]
    public struct io_uring_buf_reg
    {
        [FieldOffset(0)] public ulong ring_addr;
        [FieldOffset(8)] public uint ring_entries;
        [FieldOffset(12)] public ushort bgid;
    }

    [StructLayout(LayoutKind.Sequential)]
    public struct io_uring_getevents_arg
    {
        public ulong sigmask;
        public uint sigmask_sz;
        public uint pad;
        public timespec* ts;
    }

    /// <summary>struct io_uring_napi: newer than the headers that the tests compare the layouts with.</summary>
    [StructLayout(LayoutKind.Explicit, Size = 16)]
    public struct NapiSettings
    {
        /// <summary>Microseconds.</summary>
        [FieldOffset(0)] public uint BusyPollTimeout;
        [FieldOffset(4)] public byte PrefersBusyPoll;
    }
}
