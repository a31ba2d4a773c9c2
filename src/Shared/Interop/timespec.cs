using System.Runtime.InteropServices;

namespace Shared.Interop;

/// <summary>struct timespec on 64-bit Linux.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct timespec
{
    public nint tv_sec;
    public nint tv_nsec;

    /// <summary>Converts a timeout in milliseconds. An infinite timeout is a null pointer instead.</summary>
    public static timespec FromMilliseconds(int milliseconds) =>
        new() { tv_sec = milliseconds / 1000, tv_nsec = milliseconds % 1000 * 1_000_000 };

    public static timespec From(TimeSpan time) => new()
    {
        tv_sec = (nint)(time.Ticks / TimeSpan.TicksPerSecond),
        tv_nsec = (nint)(time.Ticks % TimeSpan.TicksPerSecond * TimeSpan.NanosecondsPerTick),
    };
}
