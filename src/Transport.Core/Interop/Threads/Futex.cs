using System.Runtime.InteropServices;

namespace Transport.Core.Interop.Threads;

/// <summary>
/// futex(2), private to the process: sleeps while a word holds a value, and wakes threads that sleep on it. One system call on each side; a
/// monitor's wait makes several and takes a process-wide lock. <see cref="ManagedFutex"/> replaces it where the system call's number is not
/// known.
/// </summary>
internal static unsafe partial class Futex
{
    public const int FUTEX_WAIT_PRIVATE = 128;
    public const int FUTEX_WAKE_PRIVATE = 129;

    /// <summary>False on architectures other than x64 and arm64. Tests of the managed path set it while no thread waits.</summary>
    internal static bool UseSystemCall { get; set; } = RawSyscalls.AreSupported;

    /// <summary>
    /// Sleeps while <paramref name="word"/> holds <paramref name="value"/>, for at most the given time. May return early.
    /// </summary>
    /// <param name="word">Pinned memory, for as long as any thread may wake it.</param>
    /// <param name="value">The value during which the thread sleeps.</param>
    /// <param name="atMost">The maximum wait.</param>
    public static void Wait(ref int word, int value, TimeSpan atMost)
    {
        timespec timeout = timespec.From(atMost);

        // SAFETY: the caller's word is pinned; fixed only converts the reference to an address.
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
