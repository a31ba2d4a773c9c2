namespace Transport.Select;

/// <summary>Which of the two system calls waits.</summary>
public enum SelectCall
{
    /// <summary>select(2), with a time-out in microseconds. The default.</summary>
    Select,

    /// <summary>
    /// pselect(2), with a time-out in nanoseconds, and a signal mask swapped in for the wait: signals that are meant for the process go to
    /// another thread and do not end the wait.
    /// </summary>
    Pselect,
}
