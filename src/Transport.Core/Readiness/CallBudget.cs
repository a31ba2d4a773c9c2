namespace Transport.Core.Readiness;

/// <summary>The accepts or receives that one socket may make in a loop iteration, so that none starves the others.</summary>
internal struct CallBudget
{
    /// <summary>A guess.</summary>
    private const int Limit = 16;

    private long _iteration;
    private int _calls;

    /// <returns>False when the socket has to wait for the next iteration.</returns>
    public bool TryUse(long iteration)
    {
        if (_iteration != iteration)
        {
            _iteration = iteration;
            _calls = 0;
        }

        return ++_calls <= Limit;
    }
}
