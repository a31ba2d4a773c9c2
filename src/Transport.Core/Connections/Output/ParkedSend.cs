namespace Transport.Core.Connections.Output;

/// <summary>
/// The continuation of a connection's send loop while it waits for further output. Several threads may be about to continue it: the loop
/// and the <see cref="SendQueue"/>, where it may be listed, and the writer, once it has filled its buffer. The first one does; the others
/// find nothing.
/// </summary>
internal struct ParkedSend
{
    /// <summary>Whoever was to continue is late by so much if all threads of the pool are blocked.</summary>
    private const int LateMilliseconds = 2;

    private Action<object?>? _action;
    private object? _state;
    private long _parkedAt;
    private bool _isListedOnLoop;
    private bool _isListedElsewhere;

    /// <summary>It has been parked for so long that the writer is to continue it with its next flush.</summary>
    public readonly bool IsLate => _action is not null && Environment.TickCount64 - _parkedAt > LateMilliseconds;

    /// <summary>Keeps the continuation.</summary>
    /// <returns>Whether the caller has to list it there: <see cref="RunListed"/> is to be called once. Otherwise it is listed
    /// already.</returns>
    public bool Park(Action<object?> action, object? state, bool isOnLoop)
    {
        _state = state;
        _parkedAt = Environment.TickCount64;
        Volatile.Write(ref _action, action);
        return !Interlocked.Exchange(ref isOnLoop ? ref _isListedOnLoop : ref _isListedElsewhere, true);
    }

    /// <summary>Continues on the calling thread, unless another has. Any thread.</summary>
    public void Run()
    {
        if (Volatile.Read(ref _action) is not null && Interlocked.Exchange(ref _action, null) is { } action)
        {
            action(_state);
        }
    }

    /// <summary>As <see cref="Run"/>, for the one call that <see cref="Park"/> has asked for.</summary>
    public void RunListed(bool isOnLoop)
    {
        // A full barrier: either Park sees that it has to be listed again, or what it keeps is seen here.
        Interlocked.Exchange(ref isOnLoop ? ref _isListedOnLoop : ref _isListedElsewhere, false);
        Run();
    }
}
