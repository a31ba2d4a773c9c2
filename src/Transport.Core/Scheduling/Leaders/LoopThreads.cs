using Transport.Core.Diagnostics;
using Transport.Core.Scheduling.Threads;

namespace Transport.Core.Scheduling.Leaders;

/// <summary>
/// The threads of a loop: one that leads, those that are inside items after the loop was taken from them or that help the leader, and
/// parked ones. At most MaxWorkers beside the leader.
/// </summary>
internal sealed class LoopThreads(LeaderScheduler scheduler, string loop, int maxWorkers, LoopCounters counters, ThreadStarter starter)
{
    private readonly Lock _gate = new();

    // Under the gate.
    private readonly List<LoopThread> _parked = [];
    private readonly List<LoopThread> _counted = [];

    /// <summary>Beside the leader, those being started included.</summary>
    private int _others;
    private int _starting;
    private int _named;
    private bool _stopped;

    private int _aside;

    /// <summary>Threads that run application code beside the leader.</summary>
    public int Aside => Volatile.Read(ref _aside);

    /// <summary>Long items, which parked threads are called to help with.</summary>
    public SharedWork Shared { get; } = new();

    /// <summary>Has threads started until so many are parked or on their way, as far as is allowed and possible now. Any thread.</summary>
    public void RequestSpare(int wanted)
    {
        List<LoopThread> requested = [];
        lock (_gate)
        {
            while (!_stopped && _parked.Count + _starting < wanted && _others < maxWorkers && starter.CanStart)
            {
                _starting++;
                _others++;
                Interlocked.Increment(ref counters.Workers);
                requested.Add(new LoopThread(scheduler, $"{loop} follower {_named++}"));
            }
        }

        foreach (LoopThread thread in requested)
        {
            starter.Request(thread);
        }
    }

    /// <summary>Requests a spare thread if there is none, and none on its way. Monitor thread.</summary>
    /// <returns>False when one is missing and cannot be started now.</returns>
    public bool EnsureSpare()
    {
        lock (_gate)
        {
            if (_stopped || _parked.Count + _starting > 0 || _others >= maxWorkers)
            {
                return true;
            }
        }

        RequestSpare(1);
        return false;
    }

    /// <summary>Takes a parked thread, for the caller to call. Leaves <paramref name="reserve"/> parked.</summary>
    public LoopThread? TryUnpark(int reserve)
    {
        lock (_gate)
        {
            if (_parked.Count <= reserve)
            {
                return null;
            }

            // The one that parked last, whose stack and caches are warmest.
            LoopThread warmest = _parked[^1];
            _parked.RemoveAt(_parked.Count - 1);
            return warmest;
        }
    }

    /// <summary>A thread is about to run application code beside the leader.</summary>
    public void GoAside() => Interlocked.Increment(ref _aside);

    /// <summary>
    /// It does not, or no longer: a leader that has begun no item meanwhile, for MaxWorkers, may sleep by now.
    /// </summary>
    public void LeaveAside()
    {
        if (Interlocked.Decrement(ref _aside) == maxWorkers - 1)
        {
            scheduler.WakeLeader();
        }
    }

    /// <summary>The thread's item has ended beside the leader. On that thread.</summary>
    public void Returned(LoopThread thread)
    {
        thread.Uncount(RunningWorkers.OfProcess);
        LeaveAside();
    }

    /// <summary>A thread that was requested runs.</summary>
    public void Started()
    {
        lock (_gate)
        {
            _starting--;
        }
    }

    /// <summary>A thread that was requested could not be started.</summary>
    public void NotStarted()
    {
        lock (_gate)
        {
            _starting--;
            Ended(1);
        }
    }

    /// <summary>The calling thread is free to be called.</summary>
    /// <returns>False when the loop has ended, and the thread is to end too.</returns>
    public bool TryPark(LoopThread thread)
    {
        lock (_gate)
        {
            if (_stopped)
            {
                Ended(1);
                return false;
            }

            thread.Park();
            _parked.Add(thread);
            return true;
        }
    }

    /// <summary>A thread has been parked for long: it may end unless it is the last spare one or was called meanwhile.</summary>
    public bool TryRetire(LoopThread thread)
    {
        lock (_gate)
        {
            if (_parked.Count == 1 || !_parked.Remove(thread))
            {
                return false;
            }

            Ended(1);
            return true;
        }
    }

    /// <summary>The loop has ended, on the calling thread: threads end as soon as they have nothing to run.</summary>
    /// <param name="leaderParks">The calling thread leads, and parks as any other when it has ended the loop.</param>
    public void Stop(bool leaderParks)
    {
        LoopThread[] parked;
        lock (_gate)
        {
            _stopped = true;
            parked = [.. _parked];
            _parked.Clear();
            Ended(parked.Length);
            Ended(leaderParks ? -1 : 0);
        }

        foreach (LoopThread thread in parked)
        {
            thread.Dismiss();
        }
    }

    /// <summary>A thread that was unparked is not needed after all.</summary>
    public void Repark(LoopThread thread)
    {
        lock (_gate)
        {
            if (!_stopped)
            {
                _parked.Add(thread);
                return;
            }

            Ended(1);
        }

        thread.Dismiss();
    }

    /// <summary>The thread runs application code beside the leader, and computes.</summary>
    public void Count(LoopThread thread)
    {
        thread.Count(RunningWorkers.OfProcess);
        lock (_gate)
        {
            if (!_counted.Contains(thread))
            {
                _counted.Add(thread);
                thread.BeginCheck();
            }
        }
    }

    /// <summary>Of the threads that are counted as computing: those that block by now are not counted any more. Monitor thread.</summary>
    public void CheckCounted(long now)
    {
        if (Volatile.Read(ref _aside) == 0)
        {
            return;
        }

        lock (_gate)
        {
            for (int i = _counted.Count - 1; i >= 0; i--)
            {
                if (!_counted[i].CheckComputes(now))
                {
                    _counted[i].Uncount(RunningWorkers.OfProcess);
                    _counted.RemoveAt(i);
                }
            }
        }
    }

    /// <summary>Under the gate.</summary>
    private void Ended(int threads)
    {
        _others -= threads;
        Interlocked.Add(ref counters.Workers, -threads);
    }
}
