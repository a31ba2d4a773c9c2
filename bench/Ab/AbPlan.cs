using Bench.Servers;
using Bench.Works;

namespace Bench.Ab;

/// <summary>What is compared, at what, and how thoroughly.</summary>
internal sealed record AbPlan(ServerSpec A, ServerSpec B, IReadOnlyList<Work> Works)
{
    /// <summary>Pairs of measurements for each work, over all generations.</summary>
    public int Pairs { get; init; } = 12;

    /// <summary>Pairs of processes that the pairs of measurements are spread over.</summary>
    public int Generations { get; init; } = 3;

    /// <summary>How long each measurement lasts.</summary>
    public TimeSpan Window { get; init; } = TimeSpan.FromSeconds(1);

    public WarmUp WarmUp { get; init; } = WarmUp.Thorough;

    /// <summary>Differences smaller than this share are none: two processes of the same program differ by that much.</summary>
    public double Margin { get; init; } = 0.03;

    /// <summary>Pairs of measurements in one generation.</summary>
    public int PairsOf(int generation) => Pairs / Generations + (generation < Pairs % Generations ? 1 : 0);
}
