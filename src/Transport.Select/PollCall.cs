namespace Transport.Select;

/// <summary>Which of the two system calls waits.</summary>
public enum PollCall
{
    /// <summary>poll(2), with a time-out in milliseconds. The default.</summary>
    Poll,

    /// <summary>
    /// ppoll(2), with a time-out in nanoseconds, and a signal mask swapped in for the wait: signals that are meant for the process go to
    /// another thread and do not end the wait.
    /// </summary>
    Ppoll,
}
