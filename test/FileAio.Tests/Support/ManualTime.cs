namespace FileAio.Tests.Support;

/// <summary>A clock that goes when told.</summary>
internal sealed class ManualTime : TimeProvider
{
    private long _now = 1_000_000;
    private Action? _fire;

    /// <summary>What the last timer was set to; infinite if it has fired since, and is not periodic.</summary>
    public TimeSpan Due { get; private set; }

    private TimeSpan _period;

    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    public override long GetTimestamp() => _now;

    public void Advance(TimeSpan by) => _now += by.Ticks;

    public void Fire()
    {
        Advance(Due);
        Due = _period;
        _fire!();
    }

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        (Due, _period) = (dueTime, period);
        _fire = () => callback(state);
        return new Still(this);
    }

    private sealed class Still(ManualTime time) : ITimer
    {
        public bool Change(TimeSpan dueTime, TimeSpan period)
        {
            (time.Due, time._period) = (dueTime, period);
            return true;
        }

        public void Dispose()
        {
        }

        public ValueTask DisposeAsync() => default;
    }
}
