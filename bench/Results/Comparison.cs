using Bench.Statistics;

namespace Bench.Results;

/// <summary>The comparison of B with A at one work by one figure.</summary>
internal sealed record Comparison
{
    public required string A { get; init; }

    public required string B { get; init; }

    public required string Work { get; init; }

    /// <summary>The name of the figure that was compared.</summary>
    public required string Metric { get; init; }

    /// <summary>The unit of the two medians.</summary>
    public required string Unit { get; init; }

    /// <summary>Whether a ratio below 1 means that B is better. Default: true, as in results of schema 1.</summary>
    public bool LowerIsBetter { get; init; } = true;

    public required Verdict Verdict { get; init; }

    /// <summary>B's median divided by A's median; null when no pair counts.</summary>
    public double? Ratio { get; init; }

    /// <summary>The 95 % confidence interval of the ratio.</summary>
    public Interval? Interval { get; init; }

    /// <summary>The number of pairs that count.</summary>
    public required int Pairs { get; init; }

    /// <summary>The median of A over the pairs that count.</summary>
    public double? MedianOfA { get; init; }

    /// <summary>The median of B over the pairs that count.</summary>
    public double? MedianOfB { get; init; }

    /// <summary>System calls per request by series, from a measurement of their own.</summary>
    public IReadOnlyDictionary<string, double>? SystemCallsPerRequest { get; init; }

    /// <summary>The reasons why cells were refused.</summary>
    public required IReadOnlyList<string> Refusals { get; init; }

    /// <summary>Returns whether the verdict is "worse" and the difference is larger than <paramref name="share"/>.</summary>
    public bool SlowerBy(double share) =>
        Verdict == Verdict.Slower && Ratio is { } ratio && (LowerIsBetter ? ratio > 1 + share : ratio < 1 / (1 + share));

    /// <summary>The verdict in words.</summary>
    public string InWords() => Verdict switch
    {
        Verdict.Faster => $"{B} is better",
        Verdict.Slower => $"{B} is worse",
        Verdict.NoDifference => "no difference",
        _ => $"no verdict ({Pairs} pairs)",
    };
}
