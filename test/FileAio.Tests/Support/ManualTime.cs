namespace FileAio.Tests.Support;

/// <summary>A clock that goes when told.</summary>
internal sealed class ManualTime : TimeProvider
{
    private long _now = 1_000_000;
    private Action? _fire;

    /// <summary>What the last timer was set to.</summary>
    public TimeSpan Due { get; private set; }

    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    public override long GetTimestamp() => _now;

    public void Advance(TimeSpan by) => _now += by.Ticks;

    public void Fire()
    {
        Advance(Due);
        _fire!();
    }

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        Due = dueTime;
        _fire = () => callback(state);
        return new Still();
    }

    private sealed class Still : ITimer
    {
        public bool Change(TimeSpan dueTime, TimeSpan period) => true;

        public void Dispose()
        {
        }

        public ValueTask DisposeAsync() => default;
    }
}
