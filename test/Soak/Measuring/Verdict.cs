namespace Soak.Measuring;

/// <summary>One thing that must hold.</summary>
internal sealed record Verdict(string Name, bool Holds, string Detail);
