using Transport.Core.Interop.Threads;
using Transport.Core.Scheduling.Threads;

namespace Transport.Core.Scheduling.Workers;

/// <summary>An application thread of a loop's own. It sleeps on a futex: one system call to wake it and one to wait.</summary>
internal sealed class Worker(WorkerScheduler scheduler, string name) : BatchWorker, IStartable
{
    private const int Resting = 0;
    private const int Called = 1;

    /// <summary>
    /// A guess: long enough that bursts find the threads that the last one needed, short enough that a bad minute is not paid for all day.
    /// </summary>
    private static readonly TimeSpan RetireAfter = TimeSpan.FromSeconds(20);

    /// <summary>Allocated pinned, since the kernel is given its address.</summary>
    private readonly int[] _state = GC.AllocateArray<int>(1, pinned: true);
    private bool _startRequested;

    /// <summary>It ends as soon as it has nothing to do. Written under the scheduler's lock before the last call.</summary>
    public bool Dismissed { get; set; }

    public override void Call()
    {
        Volatile.Write(ref _state[0], Called);
        if (_startRequested)
        {
            Futex.Wake(ref _state[0]);
        }
        else
        {
            _startRequested = true;
            scheduler.Threads.Request(this);
        }
    }

    string IStartable.Name => name;

    void IStartable.Run()
    {
        do
        {
            scheduler.Drain(this);
        }
        while (WaitForCall());
    }

    void IStartable.StartFailed(string reason) => scheduler.WorkerNotStarted(this, reason);

    /// <summary>Before it is listed as resting, so that a call from then on is not lost. Under the scheduler's lock.</summary>
    public void Rest() => Volatile.Write(ref _state[0], Resting);

    /// <returns>False when it is to end.</returns>
    private bool WaitForCall()
    {
        long since = Environment.TickCount64;
        while (!Dismissed && Volatile.Read(ref _state[0]) == Resting)
        {
            Futex.Wait(ref _state[0], Resting, RetireAfter);
            if (Environment.TickCount64 - since >= RetireAfter.TotalMilliseconds && Volatile.Read(ref _state[0]) == Resting)
            {
                scheduler.TryRetire(this);
                since = Environment.TickCount64;
            }
        }

        return !Dismissed;
    }
}
