using Shared.Threads;
using Transport.Core.Interop.Threads;

namespace Transport.Core.Scheduling.Threads;

/// <summary>
/// Threads that do nothing but exist, so that some can be given up when no more can be started: the runtime ends the process when it cannot
/// start a thread of its own (the pool's, the gate's, a signal handler's). Called on one thread.
/// </summary>
internal sealed class ThreadReserve(Action<Thread> start)
{
    /// <summary>
    /// What the runtime starts in bad minutes, by one or two a second. 64 KiB of stack each, of which one page is touched. Near the limit
    /// of the cgroup, the reserve is given up, and as many threads are left free instead.
    /// </summary>
    public const int Size = PidsLimit.Free;

    private const int StackSize = 64 * 1024;

    private readonly int[] _released = GC.AllocateArray<int>(1, pinned: true);
    private int _count;

    /// <summary>How many threads <see cref="Fill"/> starts.</summary>
    public int Missing => Size - _count;

    /// <summary>Starts what is missing of <see cref="Size"/> threads. All or none: after an exception there are none.</summary>
    /// <exception cref="OutOfMemoryException">One could not be started.</exception>
    public void Fill()
    {
        try
        {
            for (; _count < Size; _count++)
            {
                int generation = _released[0];
                start(new Thread(() => Park(generation), StackSize) { IsBackground = true, Name = "transport reserve" });
            }
        }
        catch
        {
            Release();
            throw;
        }
    }

    /// <summary>Ends them all, soon.</summary>
    public void Release()
    {
        _count = 0;
        Interlocked.Increment(ref _released[0]);
        Futex.WakeAll(ref _released[0]);
    }

    private void Park(int generation)
    {
        while (Volatile.Read(ref _released[0]) == generation)
        {
            Futex.Wait(ref _released[0], generation, TimeSpan.FromDays(1));
        }
    }
}
