using Transport.Core.Scheduling;
namespace Transport.Core.Loops;

/// <summary>How deep the loop's thread sleeps, and so who has to wake it.</summary>
internal enum Sleep
{
    /// <summary>It runs, and will look into the mailbox before it waits.</summary>
    Awake,

    /// <summary>It waits with a short time-out, since work is out: mail that can wait a moment does not wake it.</summary>
    Napping,

    /// <summary>It waits for the kernel, for as long as that takes: any mail wakes it.</summary>
    Sleeping,
}

/// <summary>
/// What other threads want of a loop. Whether the loop sleeps is under the same lock as the mail,
/// so a wake-up is neither lost nor given twice.
/// </summary>
internal sealed class Mailbox
{
    private readonly Lock _gate = new();
    private readonly WorkList _mail = new();
    private Sleep _sleep;
    private bool _closed;

    /// <summary>There is mail. A hint; loop thread.</summary>
    public bool HasMail => _mail.Count > 0;

    /// <summary>Leaves an item. Any thread.</summary>
    /// <param name="item">What the loop is to run.</param>
    /// <param name="mayWait">The caller will <see cref="Ring"/> soon: a nap need not be broken for this item alone.</param>
    /// <param name="wake">The caller must wake the loop.</param>
    /// <returns>False when the loop has ended: nobody will run the item.</returns>
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

    /// <summary>Says that mail left with mayWait is to be read now. Any thread.</summary>
    /// <returns>True when the caller must wake the loop.</returns>
    public bool Ring()
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

    /// <summary>Before the loop waits. Loop thread.</summary>
    /// <returns>False when there is mail, so that it must not wait.</returns>
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

    /// <summary>After the loop has slept: mail is found without a wake-up from now on. Loop thread.</summary>
    public void WakeUp()
    {
        lock (_gate)
        {
            _sleep = Sleep.Awake;
        }
    }

    /// <summary>Empties the mailbox into <paramref name="queue"/>. Loop thread, awake.</summary>
    public void Collect(WorkList queue)
    {
        // Mail that comes after this look is found by the next one, or before the loop sleeps, under the lock.
        if (_mail.Count == 0)
        {
            return;
        }

        lock (_gate)
        {
            _mail.MoveTo(queue);
        }
    }

    /// <summary>Takes no more mail, if there is none left to read. Loop thread.</summary>
    public bool TryClose()
    {
        lock (_gate)
        {
            _closed = _mail.Count == 0;
            return _closed;
        }
    }
}
