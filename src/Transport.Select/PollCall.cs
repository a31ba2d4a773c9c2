namespace Transport.Select;

/// <summary>Specifies which of the two system calls waits.</summary>
public enum PollCall
{
    /// <summary>poll(2), with a time-out in milliseconds. The default.</summary>
    Poll,

    /// <summary>
    /// ppoll(2), with a time-out in nanoseconds and a signal mask for the duration of the wait: signals that are sent to the process are
    /// handled by another thread and do not end the wait.
    /// </summary>
    Ppoll,
}
