namespace Transport.Core.Readiness;

/// <summary>One report of an <see cref="IPoller"/>.</summary>
internal readonly record struct Ready(int Descriptor, Readiness Readiness);
