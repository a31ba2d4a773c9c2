using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Transport.Epoll.Interop;

/// <summary>
/// struct epoll_event: 32 bits of events and 64 of data. The kernel packs it on x86-64 only (12 bytes, data at 4; elsewhere 16 bytes, data
/// at 8). The layout is therefore determined when the process starts, not when it is compiled.
/// </summary>
internal static unsafe class EpollEvent
{
    private static readonly bool Packed = RuntimeInformation.ProcessArchitecture == Architecture.X64;

    /// <summary>sizeof(struct epoll_event).</summary>
    public static readonly int Size = Packed ? 12 : 16;

    /// <summary>offsetof(struct epoll_event, data).</summary>
    public static readonly int DataOffset = Packed ? 4 : 8;

    public static void Write(byte* address, uint events, int key)
    {
        Unsafe.WriteUnaligned(address, events);
        Unsafe.WriteUnaligned(address + DataOffset, (long)key);
    }

    public static uint Events(byte* address) => Unsafe.ReadUnaligned<uint>(address);

    public static int Key(byte* address) => (int)Unsafe.ReadUnaligned<long>(address + DataOffset);
}
