namespace FileAio.Files;

/// <summary>A timer that runs while there is something to expire, so that an idle process is not woken. Thread-safe.</summary>
internal sealed class ExpiryTimer
{
    private static readonly TimeSpan MinInterval = TimeSpan.FromSeconds(1), MaxInterval = TimeSpan.FromDays(1);

    private readonly TimeSpan _interval;
    private readonly Action _expire;
    private readonly Func<bool> _hasMore;
    private readonly ITimer _timer;
    private int _isSet;

    /// <param name="time">The clock.</param>
    /// <param name="interval">The time between two calls. Between one second and one day; other values are adjusted.</param>
    /// <param name="expire">Called on the thread pool, by one thread at a time.</param>
    /// <param name="hasMore">Returns whether there is still something to expire.</param>
    public ExpiryTimer(TimeProvider time, TimeSpan interval, Action expire, Func<bool> hasMore)
    {
        (_expire, _hasMore) = (expire, hasMore);
        _interval = interval < MinInterval ? MinInterval : interval > MaxInterval ? MaxInterval : interval;

        // The timer would keep the context of the request that creates it.
        using AsyncFlowControl flow = ExecutionContext.IsFlowSuppressed() ? default : ExecutionContext.SuppressFlow();
        _timer = time.CreateTimer(
            static self => ((ExpiryTimer)self!).Expire(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    /// <summary>Sets the timer, unless it is set. Called after something was added.</summary>
    public void Set()
    {
        if (Volatile.Read(ref _isSet) == 0 && Interlocked.Exchange(ref _isSet, 1) == 0)
        {
            _timer.Change(_interval, Timeout.InfiniteTimeSpan);
        }
    }

    private void Expire()
    {
        _expire();

        // Before the question: what is added later sets the timer itself.
        Interlocked.Exchange(ref _isSet, 0);
        if (_hasMore())
        {
            Set();
        }
    }
}
