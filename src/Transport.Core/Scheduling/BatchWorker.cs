namespace Transport.Core.Scheduling;

/// <summary>A thread that drains batches, as the <see cref="BatchScheduler"/> that watches it sees it.</summary>
internal abstract class BatchWorker
{
    /// <summary>Items it has finished. Written by its own thread alone, and only ever asked whether it has changed.</summary>
    public long Finished;

    /// <summary>It runs by now. One that was called and has not been given a processor yet is slow, not blocked.</summary>
    public bool Started;

    /// <summary>
    /// The watch takes it to be blocked. Set under the scheduler's lock, cleared there by the worker once its item is done.
    /// </summary>
    public bool IsStuck;

    private long _finishedAtLastLook;
    private int _looksWithoutProgress;

    /// <summary>One look of the watch. Under the scheduler's lock.</summary>
    /// <returns>How many looks in a row have seen it at the same item.</returns>
    public int Look()
    {
        long finished = Volatile.Read(ref Finished);
        _looksWithoutProgress = finished == _finishedAtLastLook && Volatile.Read(ref Started) ? _looksWithoutProgress + 1 : 0;
        _finishedAtLastLook = finished;
        return _looksWithoutProgress;
    }

    /// <summary>Called to work; its thread comes to <see cref="BatchScheduler.Drain"/>. Not under the scheduler's lock.</summary>
    public abstract void Call();

    /// <summary>Forgets the last call's notes. Under the scheduler's lock, before <see cref="Call"/>.</summary>
    public void Reset()
    {
        Started = false;
        IsStuck = false;
        _looksWithoutProgress = 0;
    }
}
