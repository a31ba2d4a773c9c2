using System.Diagnostics;
using Transport.Core.Diagnostics;
using Transport.Core.Interop.Threads;
using Transport.Core.Loops.Waiting;
using Transport.Core.Scheduling;

namespace Transport.Core.Loops;

/// <summary>What the loop's thread does: iterations until the loop ends, each of them wait, run, send.</summary>
internal abstract partial class EventLoop
{
    /// <summary>
    /// The time-out of a bounded sleep: the resolution of epoll_wait(2) and poll(2). Running work items may delay what they post to the
    /// mailbox by this time.
    /// </summary>
    private const int BoundedSleepMilliseconds = 1;

    /// <summary>
    /// Work items of one iteration: when thousands of connections end at once, requests of the others are received in between. A connection
    /// to close takes some 15 µs, so this is about 4 ms.
    /// </summary>
    private const int MaxItemsPerTurn = 256;

    /// <summary>A loop that never waits does not read the clock in each iteration.</summary>
    private const int IterationsBetweenClockReads = 64;

    /// <summary>A time slice is 1.4 ms with two processors and longer with more.</summary>
    private static readonly long s_longYield = Stopwatch.Frequency / 1000;

    private WorkList _queue = new();
    private WorkList _running = new();

    /// <summary>The first of <see cref="_running"/> that has not been run. An item that threw is not run again.</summary>
    private int _next;

    private readonly Spinner _spinner;
    private readonly Opportunities _spins = new(mostSkipped: 127);
    private readonly Opportunities _yields = new(mostSkipped: 1023);

    /// <summary>
    /// Leads the loop from where its last leader was when it was taken, in the run phase of an iteration, until the loop ends, is taken
    /// from this thread too, or merges with another. On a thread that was called to it.
    /// </summary>
    public void Lead()
    {
        Enter();
        LeaveHost();
        CancelBoarding();
        if (_failure is null ? RunTurns(isTakenOver: true) : RunAbandoned(isTakenOver: true))
        {
            Finish();
        }

        t_current = null;
    }

    private void Run()
    {
        WorkItem.CaptureEmptyContext();
        Enter();
        try
        {
            Start();
            Application.Start();
        }
        catch (Exception exception)
        {
            Finish();
            _started.SetException(exception);
            return;
        }

        if (CanMerge && ProcessorIdleTime.Read() is not null)
        {
            // Otherwise it would not be known when merged loops are to part.
            _setup.Merging.Add(this);
        }

        _started.SetResult();
        if (RunTurns(isTakenOver: false))
        {
            Finish();
        }

        t_current = null;
        Application.Follow();
    }

    /// <returns>False when another thread leads the loop now: this one must touch nothing of it.</returns>
    private bool RunTurns(bool isTakenOver)
    {
        try
        {
            do
            {
                if (!Turn(isTakenOver))
                {
                    return false;
                }

                isTakenOver = false;
            }
            while (!CanEnd());
            return true;
        }
        catch (Exception exception)
        {
            Fail(exception);
            return RunAbandoned(isTakenOver: false);
        }
    }

    private bool CanEnd() =>
        _stopping && _residents.Count == 0 && _guests.Count == 0 && !HasQueued && !Application.HasWork && _mailbox.TryClose();

    private void Finish()
    {
        Attempt(End);
        Attempt(Application.Stop);
        try
        {
            do
            {
                RunQueue();
            }
            while (HasQueued);
        }
        catch (Exception exception)
        {
            TransportLog.LoopFailed(Logger, Name, exception);
        }

        CancelBoarding();
        Attempt(_sources.End);
        if (_hasThreadStarter)
        {
            _setup.Options.GetThreadStarter().Release();
        }

        Waker.Dispose();
        ReleasePool();
        _ended.SetResult();
    }

    /// <returns>False when the loop was taken from this thread during the iteration, or has merged with another.</returns>
    private bool Turn(bool isTakenOver)
    {
        if (!isTakenOver && !WaitForWork())
        {
            return false;
        }

        if (!Application.RunTurn())
        {
            return false;
        }

        RunQueue();
        return _guests.Count == 0 || RunGuests();
    }

    /// <returns>False when the loop has merged with another instead of sleeping.</returns>
    private bool WaitForWork()
    {
        if (HasRunnable)
        {
            if (_spinner.IsOn && Iteration % IterationsBetweenClockReads == 0)
            {
                BalanceIfDue(Stopwatch.GetTimestamp());
            }

            Poll(0);
            return true;
        }

        if (!_spinner.IsOn)
        {
            return SleepAndWait();
        }

        long begun = Stopwatch.GetTimestamp();
        BalanceIfDue(begun);

        long now = begun;
        bool spins = _spinner.CanSpin(begun) && _spins.ShouldUse();
        if (!spins || !Spin(begun, ref now))
        {
            if (!spins && _spinner.IsCrowdedWait && _yields.ShouldUse())
            {
                YieldProcessor(begun);
            }

            if (!SleepAndWait())
            {
                return false;
            }

            now = Stopwatch.GetTimestamp();
        }

        _spinner.Add(now - begun);
        return true;
    }

    /// <summary>
    /// Lets other threads run (sched_yield(2)): clients on the same machine, or other loops, run and send more, and the loop takes it at
    /// once, without a sleep and a wake-up for each request. But a thread that computes keeps the processor for its whole time slice, while
    /// the loop's clients wait; a loop that sleeps would have got it back sooner.
    /// </summary>
    private void YieldProcessor(long begun)
    {
        Counters.Yields++;
        Thread.Yield();
        _yields.Used(wasWasted: Stopwatch.GetTimestamp() - begun >= s_longYield);
    }

    /// <returns>Whether there is something to do; else the loop is to sleep.</returns>
    private bool Spin(long begun, ref long now)
    {
        Counters.Spins++;
        long events = Counters.Events;
        do
        {
            Poll(0);
            now = Stopwatch.GetTimestamp();
            if (Counters.Events != events || HasRunnable || _mailbox.HasMail)
            {
                Counters.SpinHits++;
                _spins.Used(wasWasted: false);
                return true;
            }
        }
        while (!_spinner.IsOver(begun, now));

        // The event was expected sooner. The client may have been woken on this very processor, and have waited for it.
        _spins.Used(wasWasted: true);
        return false;
    }

    /// <summary>The loop has something to run, and must not sleep.</summary>
    private bool HasRunnable => HasQueued || (Application.HasWork && Application.CanRun) || (_guests.Count > 0 && HasReadyGuest);

    private void Poll(int timeoutMilliseconds)
    {
        Iteration++;
        Wait(timeoutMilliseconds);
        _sources.Run();
    }

    /// <returns>False when the loop has merged with another instead.</returns>
    private bool SleepAndWait()
    {
        if (_boarding is not null && !_stopping && _guests.Count == 0 && Application.CanRun && TryBoard())
        {
            return false;
        }

        bool isBounded = Application.IsOut;
        if (!_mailbox.TrySleep(isBounded ? Sleep.Bounded : Sleep.Sleeping))
        {
            Poll(0);
            return true;
        }

        Poll(isBounded ? BoundedSleepMilliseconds : -1);
        _mailbox.WakeUp();
        return true;
    }

    private bool HasQueued => _queue.Count > 0 || _running.Count > 0;

    /// <summary>
    /// Runs what is queued and posted by now, in order, and at most <see cref="MaxItemsPerTurn"/> of it. The rest, and what the work queues
    /// meanwhile, waits for the next iteration.
    /// </summary>
    private void RunQueue()
    {
        _mailbox.Collect(_queue);
        if (_running.Count == 0)
        {
            (_queue, _running) = (_running, _queue);
        }

        int end = Math.Min(_running.Count, _next + MaxItemsPerTurn);
        while (_next < end)
        {
            _running[_next++].Run();
        }

        if (_next == _running.Count)
        {
            _running.Clear();
            _next = 0;
        }
    }

    /// <summary>A bug or an unexpected kernel error: the loop cannot recover, so the host is stopped.</summary>
    private void Fail(Exception exception)
    {
        TransportLog.LoopFailed(Logger, Name, exception);
        _setup.Merging.Remove(this);
        _setup.Failed(exception);
        Abandon(exception);
    }

    /// <summary>
    /// The loop has failed: its listeners stop, a pending pause included, so that unbinding does not wait for it. Then every connection
    /// ends.
    /// </summary>
    private void Abandon(Exception reason)
    {
        _failure = reason;
        foreach (ILoopResident resident in (ILoopResident[])[.. _listeners, .. _residents])
        {
            Attempt(() => resident.Evict(reason));
        }
    }

    /// <summary>After <see cref="Abandon"/>: runs what is left to run, without waiting for the kernel.</summary>
    /// <returns>False when another thread leads the loop now.</returns>
    private bool RunAbandoned(bool isTakenOver)
    {
        do
        {
            if (!isTakenOver)
            {
                Attempt(Reap);
                Attempt(RunQueue);
                Attempt(PartAll);
            }

            isTakenOver = false;
            bool leads = true;
            Attempt(() => leads = Application.RunTurn());
            if (!leads)
            {
                return false;
            }

            // A connection that is sending on another thread posts its end here.
            Thread.Sleep(_residents.Count == 0 ? 0 : 1);
        }
        while (_running.Count > 0 || _queue.Count > 0 || Application.HasWork || _residents.Count > 0 || _guests.Count > 0
            || !_mailbox.TryClose());

        return true;
    }

    /// <summary>While the loop ends, one failure must not keep the others from ending.</summary>
    private void Attempt(Action step)
    {
        try
        {
            step();
        }
        catch (Exception exception)
        {
            TransportLog.LoopFailed(Logger, Name, exception);
        }
    }
}
