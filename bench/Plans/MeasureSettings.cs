using Bench.Works;

namespace Bench.Plans;

/// <summary>The settings that all measurements of a run share.</summary>
internal sealed record MeasureSettings
{
    /// <summary>The length of a measurement. Default: 1 second.</summary>
    public TimeSpan Window { get; init; } = TimeSpan.FromSeconds(1);

    public WarmUp WarmUp { get; init; } = WarmUp.Thorough;

    /// <summary>The rules by which every cell is accepted or refused.</summary>
    public AcceptanceRules Acceptance { get; init; } = new();

    /// <summary>The instruction events that perf can count on this machine; empty on most virtual machines.</summary>
    public IReadOnlyCollection<string> InstructionEvents { get; init; } = [];
}
