using Transport.Core.Interop;

namespace Transport.Core.Scheduling;

/// <summary>An application thread of a loop's own, and its bell: a futex, one system call to ring and one to wait.</summary>
internal sealed class Worker : BatchWorker
{
    private const int Resting = 0;
    private const int Called = 1;

    /// <summary>
    /// A guess: long enough that bursts find the threads that the last one needed, short enough that a bad minute is not paid for all day.
    /// </summary>
    private static readonly TimeSpan RetireAfter = TimeSpan.FromSeconds(20);

    /// <summary>Allocated pinned, since the kernel is given its address.</summary>
    private readonly int[] _bell = GC.AllocateArray<int>(1, pinned: true);
    private readonly WorkerScheduler _scheduler;
    private readonly Thread _thread;
    private bool _threadStarted;

    public Worker(WorkerScheduler scheduler, string name)
    {
        _scheduler = scheduler;
        _thread = new Thread(Run) { IsBackground = true, Name = name };
    }

    /// <summary>It ends as soon as it has nothing to do. Written under the scheduler's lock before the last call.</summary>
    public bool Dismissed { get; set; }

    public override void Call()
    {
        Volatile.Write(ref _bell[0], Called);
        if (_threadStarted)
        {
            Futex.Wake(ref _bell[0]);
        }
        else
        {
            _threadStarted = true;
            _thread.UnsafeStart();
        }
    }

    /// <summary>Before it is listed as resting, so that a call from then on is not lost. Under the scheduler's lock.</summary>
    public void Rest() => Volatile.Write(ref _bell[0], Resting);

    private void Run()
    {
        do
        {
            _scheduler.Drain(this);
        }
        while (WaitForCall());
    }

    /// <returns>False when it is to end.</returns>
    private bool WaitForCall()
    {
        long since = Environment.TickCount64;
        while (!Dismissed && Volatile.Read(ref _bell[0]) == Resting)
        {
            Futex.Wait(ref _bell[0], Resting, RetireAfter);
            if (Environment.TickCount64 - since >= RetireAfter.TotalMilliseconds && Volatile.Read(ref _bell[0]) == Resting)
            {
                _scheduler.TryRetire(this);
                since = Environment.TickCount64;
            }
        }

        return !Dismissed;
    }
}
