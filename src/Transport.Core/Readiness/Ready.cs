namespace Transport.Core.Readiness;

/// <summary>Represents one event of an <see cref="IPoller"/>.</summary>
/// <param name="Key">The descriptor, or what was given in its place if the poller <see cref="IPoller.CarriesKeys"/>.</param>
/// <param name="Readiness">What the descriptor is ready for.</param>
internal readonly record struct Ready(int Key, Readiness Readiness);
