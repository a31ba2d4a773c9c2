namespace Transport.Core.HandOver;

/// <summary>Whether listeners of the host wait for their connections to end (<see cref="TransportOptions.DrainTime"/>).</summary>
internal sealed class DrainState
{
    private int _listeners;

    public bool IsDraining => Volatile.Read(ref _listeners) > 0;

    public void Begin() => Interlocked.Increment(ref _listeners);

    public void End() => Interlocked.Decrement(ref _listeners);
}
