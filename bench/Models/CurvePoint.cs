namespace Bench.Models;

/// <summary>A condition.</summary>
/// <param name="At">On the axis.</param>
/// <param name="Group">What tells several curves of one server apart.</param>
/// <param name="Idle">Idle connections held meanwhile.</param>
internal sealed record CurvePoint(double At, string Group = "", int Idle = 0);
