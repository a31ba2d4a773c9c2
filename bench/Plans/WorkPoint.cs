namespace Bench.Plans;

/// <summary>A condition under which a work is measured.</summary>
/// <param name="At">The position on the axis of a curve; null for a work that is measured under one condition only.</param>
/// <param name="Group">Distinguishes several curves of one server.</param>
/// <param name="Idle">The number of idle connections held during the measurement.</param>
internal sealed record WorkPoint(double? At = null, string Group = "", int Idle = 0)
{
    public static readonly WorkPoint Only = new();
}
