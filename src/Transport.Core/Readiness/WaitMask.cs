using Transport.Core.Interop;

namespace Transport.Core.Readiness;

/// <summary>
/// The signal mask of ppoll and pselect during the wait. It blocks signals to the process, such as SIGTERM and SIGCHLD.
/// Another thread handles them, and they do not end a wait.
/// </summary>
internal static unsafe class WaitMask
{
    /// <summary>
    /// SIGILL, SIGTRAP, SIGABRT, SIGBUS, SIGFPE, SIGSEGV and SIGSYS are not blocked: a fault of this thread is delivered to it.
    /// </summary>
    private static readonly int[] Faults = [4, 5, 6, 7, 8, 11, 31];

    private static readonly Libc.sigset_t[] Set = Make();

    /// <summary>The pointer for the call's last argument; the memory does not move.</summary>
    public static Libc.sigset_t* Address => (Libc.sigset_t*)System.Runtime.CompilerServices.Unsafe.AsPointer(ref Set[0]);

    private static Libc.sigset_t[] Make()
    {
        Libc.sigset_t[] mask = GC.AllocateArray<Libc.sigset_t>(1, pinned: true);

        // SAFETY: the array is on the pinned object heap.
        fixed (Libc.sigset_t* set = mask)
        {
            _ = Libc.sigfillset(set);
            foreach (int fault in Faults)
            {
                _ = Libc.sigdelset(set, fault);
            }

            // The runtime interrupts threads for garbage collection with the first real-time signal.
            _ = Libc.sigdelset(set, Libc.__libc_current_sigrtmin());
        }

        return mask;
    }
}
