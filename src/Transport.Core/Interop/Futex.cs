using System.Runtime.InteropServices;

namespace Transport.Core.Interop;

/// <summary>
/// linux/futex.h, private to the process: sleep while a word holds a value, wake one who sleeps on it.
/// The bell of a worker: one system call a side, where a monitor's wait costs several and a lock of the whole process.
/// </summary>
internal static unsafe partial class Futex
{
    public const int FUTEX_WAIT_PRIVATE = 128;
    public const int FUTEX_WAKE_PRIVATE = 129;

    /// <summary>futex has no wrapper in libc: it goes by its number, which differs between architectures.</summary>
    public static readonly nint SYS_futex = RuntimeInformation.ProcessArchitecture == Architecture.Arm64 ? 98 : 202;

    [StructLayout(LayoutKind.Sequential)]
    internal struct timespec
    {
        public nint tv_sec;
        public nint tv_nsec;
    }

    /// <summary>
    /// Sleeps while <paramref name="word"/> holds <paramref name="value"/>, at most so long. May return early: look again.
    /// </summary>
    /// <param name="word">In memory that does not move for as long as anybody may wake it.</param>
    /// <param name="value">What the word holds while there is nothing to do.</param>
    /// <param name="atMost">Then it returns all the same.</param>
    public static void Wait(ref int word, int value, TimeSpan atMost)
    {
        timespec timeout = new()
        {
            tv_sec = (nint)(atMost.Ticks / TimeSpan.TicksPerSecond),
            tv_nsec = (nint)(atMost.Ticks % TimeSpan.TicksPerSecond * 100),
        };

        // SAFETY: the caller's word does not move; fixed only turns the reference into an address.
        fixed (int* address = &word)
        {
            syscall(SYS_futex, address, FUTEX_WAIT_PRIVATE, value, &timeout);
        }
    }

    /// <summary>Wakes one who sleeps on <paramref name="word"/>.</summary>
    public static void Wake(ref int word)
    {
        // SAFETY: as in Wait.
        fixed (int* address = &word)
        {
            syscall(SYS_futex, address, FUTEX_WAKE_PRIVATE, 1, null);
        }
    }

    [LibraryImport("libc")]
    private static partial nint syscall(nint number, int* uaddr, nint op, nint val, timespec* timeout);
}
