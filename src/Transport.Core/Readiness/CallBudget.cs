namespace Transport.Core.Readiness;

/// <summary>Limits the accepts or receives of one socket in a loop iteration, so that none starves the others.</summary>
internal struct CallBudget
{
    /// <summary>An estimate.</summary>
    private const int Limit = 16;

    private long _iteration;
    private int _calls;

    /// <returns>False if the socket continues in the next iteration.</returns>
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
