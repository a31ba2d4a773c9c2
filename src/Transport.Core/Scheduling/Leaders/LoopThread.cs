using System.Diagnostics;
using Transport.Core.Interop.Threads;
using Transport.Core.Scheduling.Threads;

namespace Transport.Core.Scheduling.Leaders;

/// <summary>
/// A thread of a loop's own under <see cref="LeaderScheduler"/>: it leads the loop, is inside an item after the loop was taken from it,
/// helps with long items, or is parked on a futex until it is called.
/// </summary>
internal sealed class LoopThread(LeaderScheduler scheduler, string name) : IStartable
{
    /// <summary>As for leaders: see <see cref="LeaderWatch"/>.</summary>
    private const int BlockedShare = 4;

    private const int Parked = 0;
    private const int CalledToLead = 1;
    private const int CalledToHelp = 2;
    private const int Dismissed = 3;

    /// <summary>
    /// A guess: long enough that bursts find the threads that the last one needed, short enough that a bad minute is not paid for all day.
    /// </summary>
    private static readonly TimeSpan RetireAfter = TimeSpan.FromSeconds(20);

    [ThreadStatic]
    private static LoopThread? t_current;

    /// <summary>Allocated pinned, since the kernel is given its address.</summary>
    private readonly int[] _state = GC.AllocateArray<int>(1, pinned: true);

    private int _isCounted;
    private long _finishedAtLastCheck;
    private long? _cpuAtLastCheck;
    private long _lastCheck;

    /// <summary>The calling thread, on which a loop is led.</summary>
    public static LoopThread Current => t_current!;

    /// <summary>Written by the thread before it can be called or lead.</summary>
    public ThreadCpuClock? Clock { get; private set; }

    /// <summary>
    /// Items that it has finished without leading. Written by its own thread alone, and only ever compared with an earlier value.
    /// </summary>
    public long Finished;

    string IStartable.Name => name;

    void IStartable.Run()
    {
        Begin();
        scheduler.Started();
        Follow();
    }

    void IStartable.StartFailed(string reason) => scheduler.ThreadNotStarted(reason);

    /// <summary>The calling thread is this one: the loop's first, or one that has just been started.</summary>
    public void Begin()
    {
        t_current = this;
        Clock = ThreadCpuClock.Current;
        scheduler.AttachThread();
    }

    /// <summary>Before it is listed as parked, so that a call from then on is not lost. Under the scheduler's lock.</summary>
    public void Park() => Volatile.Write(ref _state[0], Parked);

    /// <summary>Makes it the loop's leader. It is not listed as parked any more, and the caller has the loop.</summary>
    public void CallToLead() => Call(CalledToLead);

    /// <summary>Has it help with the items that are shared. It is not listed as parked any more.</summary>
    public void CallToHelp() => Call(CalledToHelp);

    /// <summary>Has it end. It is not listed as parked any more.</summary>
    public void Dismiss() => Call(Dismissed);

    /// <summary>It runs application code beside the leader and computes: it takes a processor. Once, until <see cref="Uncount"/>.</summary>
    public void Count(RunningWorkers running)
    {
        if (Interlocked.Exchange(ref _isCounted, 1) == 0)
        {
            running.Add();
        }
    }

    /// <summary>It is blocked, or runs no application code any more.</summary>
    public void Uncount(RunningWorkers running)
    {
        if (Interlocked.Exchange(ref _isCounted, 0) != 0)
        {
            running.Remove();
        }
    }

    /// <summary>The next check has nothing to compare with.</summary>
    public void BeginCheck() => _lastCheck = 0;

    /// <summary>Whether it is still counted, and has finished an item or used CPU time since the last check. Monitor thread.</summary>
    public bool CheckComputes(long now)
    {
        long finished = Volatile.Read(ref Finished);
        long? cpu = Clock?.ReadNanoseconds();
        long elapsed = (long)Stopwatch.GetElapsedTime(_lastCheck, now).TotalNanoseconds;
        bool blocks = _lastCheck != 0 && finished == _finishedAtLastCheck
            && (cpu is null || (cpu - _cpuAtLastCheck) * BlockedShare < elapsed);
        (_finishedAtLastCheck, _cpuAtLastCheck, _lastCheck) = (finished, cpu, now);
        return Volatile.Read(ref _isCounted) != 0 && !(blocks && !(Clock?.IsRunnable() ?? false));
    }

    /// <summary>Waits to be called, does what it is called to, and parks again, until it is to end.</summary>
    public void Follow()
    {
        while (scheduler.TryPark(this))
        {
            switch (WaitForCall())
            {
                case CalledToLead:
                    scheduler.Lead(this);
                    break;
                case CalledToHelp:
                    scheduler.Help(this);
                    break;
                default:
                    return;
            }
        }
    }

    private void Call(int what)
    {
        Volatile.Write(ref _state[0], what);
        Futex.Wake(ref _state[0]);
    }

    private int WaitForCall()
    {
        long since = Environment.TickCount64;
        while (true)
        {
            int called = Volatile.Read(ref _state[0]);
            if (called != Parked)
            {
                return called;
            }

            Futex.Wait(ref _state[0], Parked, RetireAfter);
            if (Environment.TickCount64 - since >= RetireAfter.TotalMilliseconds)
            {
                if (scheduler.TryRetire(this))
                {
                    return Dismissed;
                }

                since = Environment.TickCount64;
            }
        }
    }
}
