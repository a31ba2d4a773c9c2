namespace Transport.Core.Loops.Sockets;

/// <summary>
/// Lets one other thread make a system call on a descriptor that the loop may close at any time. Neither waits for the other: a call that
/// is slow (sendfile(2) may wait for the disk) does not stop the loop, and whoever is last closes the descriptor, so that its number is not
/// reused before.
/// </summary>
internal struct DescriptorUse
{
    private const int Used = 1;
    private const int Ended = 2;

    private int _state;

    /// <summary>Before the call. Any thread, one at a time.</summary>
    /// <returns>False: the loop has closed the descriptor.</returns>
    public bool TryBegin() => Interlocked.CompareExchange(ref _state, Used, 0) == 0;

    /// <summary>After the call.</summary>
    /// <returns>Whether the loop has closed meanwhile, and so left it to the caller to close the descriptor.</returns>
    public bool End() => Interlocked.CompareExchange(ref _state, 0, Used) != Used;

    /// <summary>The loop closes, once.</summary>
    /// <returns>Whether it is to close the descriptor itself. Otherwise the thread that uses it does.</returns>
    public bool Close() => Interlocked.Or(ref _state, Ended) == 0;
}
