namespace Transport.Select;

/// <summary>Specifies which of the two system calls waits.</summary>
public enum SelectCall
{
    /// <summary>select(2), with a time-out in microseconds. The default.</summary>
    Select,

    /// <summary>
    /// pselect(2), with a time-out in nanoseconds and a signal mask for the duration of the wait: signals that are sent to the process are
    /// handled by another thread and do not end the wait.
    /// </summary>
    Pselect,
}
