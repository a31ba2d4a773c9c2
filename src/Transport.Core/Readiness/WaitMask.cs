using Transport.Core.Interop;

namespace Transport.Core.Readiness;

/// <summary>
/// The signal mask that ppoll and pselect swap in for as long as they wait: everything that is meant for the process and not for this
/// thread, so that SIGTERM, SIGCHLD and their like go to another one and end no wait of ours.
/// </summary>
internal static unsafe class WaitMask
{
    /// <summary>SIGILL, SIGTRAP, SIGABRT, SIGBUS, SIGFPE, SIGSEGV, SIGSYS: a fault of this thread's own has nobody else to go to.</summary>
    private static readonly int[] Faults = [4, 5, 6, 7, 8, 11, 31];

    private static readonly Libc.sigset_t[] Set = Make();

    /// <summary>For the call's last argument; the memory never moves.</summary>
    public static Libc.sigset_t* Address => (Libc.sigset_t*)System.Runtime.CompilerServices.Unsafe.AsPointer(ref Set[0]);

    private static Libc.sigset_t[] Make()
    {
        Libc.sigset_t[] mask = GC.AllocateArray<Libc.sigset_t>(1, pinned: true);

        // SAFETY: the array is on the pinned heap.
        fixed (Libc.sigset_t* set = mask)
        {
            _ = Libc.sigfillset(set);
            foreach (int fault in Faults)
            {
                _ = Libc.sigdelset(set, fault);
            }

            // The first real-time signal is how the runtime interrupts a thread to collect garbage.
            _ = Libc.sigdelset(set, Libc.__libc_current_sigrtmin());
        }

        return mask;
    }
}
