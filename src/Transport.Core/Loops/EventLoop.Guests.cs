using System.Diagnostics;
using Transport.Core.Loops.Merging;
using Transport.Core.Loops.Waiting;
using Transport.Core.Scheduling;

namespace Transport.Core.Loops;

/// <summary>
/// Loops that merge while threads wait for processors: a loop that would sleep rests as the guest of another one, its host, whose thread
/// runs a turn of it whenever it has something to do. It has a poller, a mailbox, sockets and counters of its own all the while.
/// </summary>
internal abstract partial class EventLoop
{
    // The host's leader's.
    private readonly List<Guest> _guests = [];

    /// <summary>Of the loop's owner: the loop whose thread runs this one's turns.</summary>
    private EventLoop? _host;

    /// <summary>Of the loop's leader: the loop to merge with before the next sleep.</summary>
    private EventLoop? _boarding;

    private readonly LoopRest _rest = new();
    private long _measureAt;
    private int _measurementsForParting;

    /// <summary>What the loop's thread uses.</summary>
    public LoopLoad Load { get; } = new();

    /// <summary>How the loop waits for others, and they for it; null if its model cannot. Valid once it has started. Any thread.</summary>
    protected virtual IMergeable? Mergeable => null;

    private IMergingScheduler Merging => (IMergingScheduler)Application;

    private bool CanMerge => Mergeable is not null && Application is IMergingScheduler;

    private bool HasReadyGuest
    {
        get
        {
            foreach (Guest guest in _guests)
            {
                if (guest.IsReady)
                {
                    return true;
                }
            }

            return false;
        }
    }

    /// <summary>
    /// Called on a host's thread, which has left the host: runs a turn of this loop, unless another thread owns it.
    /// </summary>
    /// <param name="host">The caller's loop.</param>
    public GuestTurn RunAsGuest(EventLoop host)
    {
        if (!TryClaimFor(host))
        {
            return GuestTurn.Elsewhere;
        }

        Enter();
        Merging.BorrowThread();
        _mailbox.WakeUp();
        bool leads = true;
        try
        {
            if (_failure is null)
            {
                Poll(0);
                leads = Application.RunTurn();
                if (leads)
                {
                    RunQueue();
                }
            }
        }
        catch (Exception exception)
        {
            Fail(exception);
        }

        Merging.ReturnThread(host.Merging);
        GuestTurn turn = leads ? EndOfTurn() : GuestTurn.Elsewhere;
        t_current = null;
        if (leads)
        {
            _rest.Begin();
        }

        return turn;
    }

    /// <summary>A guest may have something to do that its descriptor has not reported. Any thread.</summary>
    public void PostReady(EventLoop guest) => TryPost(static mark => ((Action)mark!)(), () => MarkReady(guest));

    private GuestTurn EndOfTurn()
    {
        if (_stopping || _failure is not null || !Application.CanRun)
        {
            return GuestTurn.Leaving;
        }

        return HasRunnable || Mergeable!.HasMoreReady || !_mailbox.TrySleep(Sleep.Sleeping) ? GuestTurn.Again : GuestTurn.Resting;
    }

    /// <summary>Measures, if it is time, and decides to merge or to part.</summary>
    private void BalanceIfDue(long now)
    {
        if (now < _measureAt)
        {
            return;
        }

        _measureAt = CanMerge ? now + _setup.Merging.Policy.MeasureEvery : long.MaxValue;
        CancelBoarding();
        (long events, long waits) = (Counters.Events, Counters.Waits);
        bool hasLongItems = CanMerge && Merging.HasLongItems;
        foreach (Guest guest in _guests)
        {
            // Another thread may lead the guest, and count at this moment: a measurement is not exact.
            events += Volatile.Read(ref guest.Loop.Counters.Events);
            waits += Volatile.Read(ref guest.Loop.Counters.Waits);
            hasLongItems |= guest.Loop.Merging.HasLongItems;
        }

        Load.Measure(now, atMost: 2 * _setup.Merging.Policy.MeasureEvery, withIdle: _guests.Count > 0, events, waits, hasLongItems);
        if (_guests.Count > 0)
        {
            MergePolicy policy = _setup.Merging.Policy;
            _measurementsForParting = policy.ShouldPart(Load.Last, Load.EventsBeforeMerging) ? _measurementsForParting + 1 : 0;
            if (_measurementsForParting >= policy.MeasurementsForParting)
            {
                TryPart(_guests[^1]);
            }
        }
        else if (CanMerge && !_stopping)
        {
            _boarding = _setup.Merging.TryMerge(this, now);
        }
    }

    /// <summary>What was measured before the last time is too old to merge for.</summary>
    private void CancelBoarding()
    {
        if (_boarding is not null)
        {
            _boarding = null;
            _setup.Merging.Cancel(this);
        }
    }

    /// <summary>Goes to sleep as the guest of <see cref="_boarding"/>.</summary>
    /// <returns>Whether the calling thread has given up the loop, and must touch nothing of it.</returns>
    private bool TryBoard()
    {
        if (Mergeable!.HasMoreReady || !_mailbox.TrySleep(Sleep.Sleeping))
        {
            return false;
        }

        EventLoop host = _boarding!;
        (_boarding, _host) = (null, host);
        Counters.Merges++;
        _rest.Begin();
        if (host.TryPost(static add => ((Action)add!)(), () => host.AddGuest(this)))
        {
            return true;
        }

        // The host has ended. An earlier host may have claimed the loop at this moment; it finds out, and gives it back.
        SpinWait spin = default;
        while (!_rest.TryClaim())
        {
            spin.SpinOnce();
        }

        _host = null;
        _mailbox.WakeUp();
        _setup.Merging.Part(this, Stopwatch.GetTimestamp());
        return false;
    }

    private void AddGuest(EventLoop loop)
    {
        Guest guest = new(loop) { IsReady = true };
        _guests.Add(guest);
        _measurementsForParting = 0;
        Load.Restart();
        SysResult watched = Mergeable!.Watch(loop.Mergeable!, guest);
        if (watched.IsError || _stopping || _failure is not null)
        {
            // Without events it is ready always, until it has a thread again.
            guest.MustPart = true;
            TryPart(guest);
        }
    }

    /// <summary>Gives a guest a thread of its own again.</summary>
    /// <returns>False while none is parked, or another thread runs a turn of the guest.</returns>
    private bool TryPart(Guest guest)
    {
        GuestTurn turn = guest.Loop.CallOwnLeader(this);
        if (turn == GuestTurn.Leaving)
        {
            Forget(guest);
            return true;
        }

        // Where another thread owns the guest, that thread posts when it gives it back.
        guest.IsReady |= turn == GuestTurn.Again;
        return false;
    }

    /// <summary>On the host's thread.</summary>
    /// <returns>
    /// <see cref="GuestTurn.Leaving"/> if it leads the loop from now on, <see cref="GuestTurn.Again"/> if none is parked, and
    /// <see cref="GuestTurn.Elsewhere"/> if another thread owns the loop.
    /// </returns>
    private GuestTurn CallOwnLeader(EventLoop host)
    {
        if (!TryClaimFor(host))
        {
            return GuestTurn.Elsewhere;
        }

        if (Merging.TryCallLeader())
        {
            return GuestTurn.Leaving;
        }

        // Nothing of the loop has changed: what is posted still makes the host run a turn.
        _rest.Begin();
        return GuestTurn.Again;
    }

    /// <summary>Claims the loop for a turn on the thread of <paramref name="host"/>.</summary>
    /// <returns>False if another thread owns it, or it has another host by now, of which the caller has not been informed yet.</returns>
    private bool TryClaimFor(EventLoop host)
    {
        if (!_rest.TryClaim())
        {
            return false;
        }

        EventLoop? actual = _host;
        if (actual == host)
        {
            return true;
        }

        _rest.Begin();

        // Its host may have tried meanwhile, because of an event.
        actual?.PostReady(this);
        return false;
    }

    /// <summary>
    /// The loop has a thread of its own again: its host has parted with it, or it was taken from the host's thread in an item of the
    /// application. On the thread that leads it now.
    /// </summary>
    private void LeaveHost()
    {
        if (_host is { } host)
        {
            _host = null;
            _mailbox.WakeUp();
            Load.Restart();

            // First, so that the host has no guest any more when it may become one itself.
            host.TryPost(static remove => ((Action)remove!)(), () => host.RemoveGuest(this));
            _setup.Merging.Part(this, Stopwatch.GetTimestamp());
        }
    }

    private void RemoveGuest(EventLoop loop)
    {
        if (_guests.Find(guest => guest.Loop == loop) is { } guest)
        {
            Forget(guest);
        }
    }

    private void Forget(Guest guest)
    {
        _guests.Remove(guest);
        Mergeable!.Unwatch(guest.Loop.Mergeable!, guest);
        Load.Restart();
        Load.EventsBeforeMerging = 0;
    }

    private void MarkReady(EventLoop loop)
    {
        if (_guests.Find(guest => guest.Loop == loop) is { } guest)
        {
            guest.IsReady = true;
        }
    }

    /// <returns>False when the loop was taken from this thread during a guest's turn.</returns>
    private bool RunGuests()
    {
        if (_stopping || !Application.CanRun)
        {
            // An item of a guest that does not return could not be taken from a host that has no thread left.
            PartAll();
            return true;
        }

        for (int i = _guests.Count - 1; i >= 0; i--)
        {
            Guest guest = _guests[i];
            if (!guest.IsReady)
            {
                continue;
            }

            guest.IsReady = false;
            if (!Merging.RunGuest(guest.Loop, out GuestTurn turn))
            {
                return false;
            }

            guest.IsReady = turn == GuestTurn.Again;
            if (turn == GuestTurn.Leaving || guest.MustPart)
            {
                TryPart(guest);
            }
        }

        return true;
    }

    private void PartAll()
    {
        for (int i = _guests.Count - 1; i >= 0; i--)
        {
            TryPart(_guests[i]);
        }
    }
}
