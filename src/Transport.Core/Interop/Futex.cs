using System.Runtime.InteropServices;

namespace Transport.Core.Interop;

/// <summary>
/// linux/futex.h, private to the process: sleeps while a word holds a value, wakes one thread that sleeps on it. One system call a side,
/// where a monitor's wait makes several and takes a lock of the whole process. <see cref="ManagedFutex"/> takes its place where the system
/// call's number is not known.
/// </summary>
internal static unsafe partial class Futex
{
    public const int FUTEX_WAIT_PRIVATE = 128;
    public const int FUTEX_WAKE_PRIVATE = 129;

    /// <summary>False on architectures other than x64 and arm64. Set by tests of the managed path, while no thread waits.</summary>
    internal static bool UseSystemCall { get; set; } = RawSyscalls.AreSupported;

    /// <summary>
    /// Sleeps while <paramref name="word"/> holds <paramref name="value"/>, at most for the given time. May return early.
    /// </summary>
    /// <param name="word">In memory that does not move for as long as any thread may wake it.</param>
    /// <param name="value">The value that means "keep sleeping".</param>
    /// <param name="atMost">The longest wait.</param>
    public static void Wait(ref int word, int value, TimeSpan atMost)
    {
        timespec timeout = timespec.From(atMost);

        // SAFETY: the caller's word does not move; fixed only turns the reference into an address.
        fixed (int* address = &word)
        {
            if (UseSystemCall)
            {
                syscall(RawSyscalls.SYS_futex, address, FUTEX_WAIT_PRIVATE, value, &timeout);
            }
            else
            {
                ManagedFutex.Wait(address, value, atMost);
            }
        }
    }

    /// <summary>Wakes one thread that sleeps on <paramref name="word"/>.</summary>
    public static void Wake(ref int word) => Wake(ref word, 1);

    /// <summary>Wakes every thread that sleeps on <paramref name="word"/>.</summary>
    public static void WakeAll(ref int word) => Wake(ref word, int.MaxValue);

    private static void Wake(ref int word, int threads)
    {
        // SAFETY: as in Wait.
        fixed (int* address = &word)
        {
            if (UseSystemCall)
            {
                syscall(RawSyscalls.SYS_futex, address, FUTEX_WAKE_PRIVATE, threads, null);
            }
            else
            {
                ManagedFutex.Wake(address);
            }
        }
    }

    [LibraryImport("libc")]
    private static partial nint syscall(nint number, int* uaddr, nint op, nint val, timespec* timeout);
}
