namespace Transport.Rtsig;

/// <summary>How the queue of signals is read.</summary>
public enum SignalReading
{
    /// <summary>signalfd(2): as many as there are with one read. The default.</summary>
    Batch,

    /// <summary>sigtimedwait(2): a system call a signal, as servers did before there was a signalfd. Here to be compared.</summary>
    OneByOne,
}
