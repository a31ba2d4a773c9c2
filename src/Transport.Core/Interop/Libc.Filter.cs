using System.Runtime.InteropServices;

namespace Transport.Core.Interop;

/// <summary>linux/filter.h: classic BPF.</summary>
internal static unsafe partial class Libc
{
    public const int BPF_LD = 0x00;
    public const int BPF_W = 0x00;
    public const int BPF_ABS = 0x20;
    public const int BPF_ALU = 0x04;
    public const int BPF_MOD = 0x90;
    public const int BPF_K = 0x00;
    public const int BPF_RET = 0x06;
    public const int BPF_A = 0x10;
    public const int SKF_AD_OFF = -0x1000;
    public const int SKF_AD_RANDOM = 56;

    /// <summary>struct sock_filter: one instruction.</summary>
    [StructLayout(LayoutKind.Sequential)]
    public struct sock_filter
    {
        public ushort code;
        public byte jt;
        public byte jf;
        public uint k;
    }

    /// <summary>struct sock_fprog: a program, which the kernel copies.</summary>
    [StructLayout(LayoutKind.Sequential)]
    public struct sock_fprog
    {
        public ushort len;
        public sock_filter* filter;
    }
}
