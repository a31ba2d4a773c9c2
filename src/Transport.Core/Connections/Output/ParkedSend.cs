namespace Transport.Core.Connections.Output;

/// <summary>
/// The continuation of a connection's send loop while it waits for further output. Several threads may be about to continue it: the loop or
/// the <see cref="SendQueue"/>, where it is listed, and the writer, once it has filled its buffer. The first one does.
/// </summary>
internal struct ParkedSend
{
    private Action<object?>? _action;
    private object? _state;
    private bool _isListed;

    /// <summary>Keeps the continuation.</summary>
    /// <returns>Whether the caller has to list it: <see cref="RunListed"/> is to be called once. Otherwise it is listed already.</returns>
    public bool Park(Action<object?> action, object? state)
    {
        _state = state;
        Volatile.Write(ref _action, action);
        return !Interlocked.Exchange(ref _isListed, true);
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
    public void RunListed()
    {
        // A full barrier: either Park sees that it has to be listed again, or what it keeps is seen here.
        Interlocked.Exchange(ref _isListed, false);
        Run();
    }
}
