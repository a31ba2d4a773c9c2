namespace Transport.Rtsig;

/// <summary>Specifies how the queue of signals is read.</summary>
public enum SignalReading
{
    /// <summary>signalfd(2): as many signals as are queued with one read. The default.</summary>
    Batch,

    /// <summary>sigtimedwait(2): one system call for each signal, as in servers before signalfd. For comparison.</summary>
    OneByOne,
}
