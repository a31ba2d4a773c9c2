using System.Runtime.InteropServices;

namespace Shared.Interop;

/// <summary>struct statx: the members in use.</summary>
[StructLayout(LayoutKind.Explicit, Size = 256)]
internal struct statx
{
    [FieldOffset(0x00)] public uint stx_mask;
    [FieldOffset(0x10)] public uint stx_nlink;
    [FieldOffset(0x14)] public uint stx_uid;
    [FieldOffset(0x1c)] public ushort stx_mode;
    [FieldOffset(0x20)] public ulong stx_ino;
    [FieldOffset(0x28)] public ulong stx_size;
    [FieldOffset(0x60)] public statx_timestamp stx_ctime;
    [FieldOffset(0x70)] public statx_timestamp stx_mtime;
    [FieldOffset(0x88)] public uint stx_dev_major;
    [FieldOffset(0x8c)] public uint stx_dev_minor;
    [FieldOffset(0x90)] public ulong stx_mnt_id;
    [FieldOffset(0x98)] public uint stx_dio_mem_align;
    [FieldOffset(0x9c)] public uint stx_dio_offset_align;
}
