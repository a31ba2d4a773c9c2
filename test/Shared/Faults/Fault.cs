namespace Test.Shared;

/// <summary>One scripted fault, in force until it is disposed.</summary>
public sealed class Fault : IDisposable
{
    private readonly int _rule;

    internal Fault(int rule) => _rule = rule;

    /// <summary>How many calls it met.</summary>
    public long Fired => FaultShim.test_fault_fired(_rule);

    /// <summary>How many calls it could have met: those it let pass before or after are in it.</summary>
    public long Seen => FaultShim.test_fault_seen(_rule);

    public Task FiredAsync(long times = 1)
        => Deadline.Until(() => Fired >= times, () => $"the fault was met {Fired} times, not {times}: the call is not made.");

    public void Dispose() => FaultShim.test_fault_remove(_rule);
}
