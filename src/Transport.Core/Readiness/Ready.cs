namespace Transport.Core.Readiness;

/// <summary>Represents one event of an <see cref="IPoller"/>.</summary>
internal readonly record struct Ready(int Descriptor, Readiness Readiness);
