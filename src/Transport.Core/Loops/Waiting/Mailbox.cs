using Transport.Core.Scheduling;

namespace Transport.Core.Loops.Waiting;

/// <summary>Specifies how the loop's thread sleeps, and so which posts have to wake it.</summary>
internal enum Sleep
{
    /// <summary>It runs, and reads the mailbox before it waits.</summary>
    Awake,

    /// <summary>It waits with a short time-out, because work items are running: a post that may wait does not wake it.</summary>
    Bounded,

    /// <summary>It waits for the kernel without a time-out: any post wakes it.</summary>
    Sleeping,
}

/// <summary>
/// The queue of work that other threads post to a loop. One lock protects the queue and whether the loop sleeps, so a wake-up is neither
/// lost nor made twice.
/// </summary>
internal sealed class Mailbox
{
    private readonly Lock _gate = new();
    private readonly WorkList _mail = new();
    private Sleep _sleep;
    private bool _closed;

    /// <summary>The queue may not be empty. Not exact. Loop thread.</summary>
    public bool HasMail => _mail.Count > 0;

    /// <summary>Adds an item. Any thread.</summary>
    /// <param name="item">The item that the loop runs.</param>
    /// <param name="mayWait">The caller calls <see cref="EndSleep"/> soon: this item alone need not end a bounded sleep.</param>
    /// <param name="wake">Whether the caller must wake the loop.</param>
    /// <returns>False if the loop has ended: the item will not be run.</returns>
    public bool Post(in WorkItem item, bool mayWait, out bool wake)
    {
        lock (_gate)
        {
            wake = false;
            if (_closed)
            {
                return false;
            }

            _mail.Add(item);
            wake = mayWait ? _sleep == Sleep.Sleeping : _sleep != Sleep.Awake;
            if (wake)
            {
                _sleep = Sleep.Awake;
            }

            return true;
        }
    }

    /// <summary>Requires that items posted with mayWait are read now. Any thread.</summary>
    /// <returns>True if the caller must wake the loop.</returns>
    public bool EndSleep()
    {
        lock (_gate)
        {
            bool wake = _mail.Count > 0 && _sleep != Sleep.Awake;
            if (wake)
            {
                _sleep = Sleep.Awake;
            }

            return wake;
        }
    }

    /// <summary>Called before the loop waits. Loop thread.</summary>
    /// <returns>False if there are items: the loop must not wait.</returns>
    public bool TrySleep(Sleep depth)
    {
        lock (_gate)
        {
            if (_mail.Count > 0)
            {
                return false;
            }

            _sleep = depth;
            return true;
        }
    }

    /// <summary>Called after the loop has slept: items are found without a wake-up from now on. Loop thread.</summary>
    public void WakeUp()
    {
        lock (_gate)
        {
            _sleep = Sleep.Awake;
        }
    }

    /// <summary>Moves all items to <paramref name="queue"/>. Loop thread, awake.</summary>
    public void Collect(WorkList queue)
    {
        // An item that is posted after this read is found by the next one, or under the lock before the loop sleeps.
        if (_mail.Count == 0)
        {
            return;
        }

        lock (_gate)
        {
            _mail.MoveTo(queue);
        }
    }

    /// <summary>Closes the mailbox, if it is empty. Loop thread.</summary>
    public bool TryClose()
    {
        lock (_gate)
        {
            _closed = _mail.Count == 0;
            return _closed;
        }
    }
}
