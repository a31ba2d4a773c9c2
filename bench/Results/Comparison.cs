using Bench.Statistics;

namespace Bench.Results;

/// <summary>B against A at one work.</summary>
internal sealed record Comparison
{
    public required string A { get; init; }

    public required string B { get; init; }

    public required string Work { get; init; }

    /// <summary>What the word is about: the work's headline.</summary>
    public required string Metric { get; init; }

    /// <summary>Unit of the two medians.</summary>
    public required string Unit { get; init; }

    public required Verdict Verdict { get; init; }

    /// <summary>Median of the paired ratios B ÷ A.</summary>
    public double? Ratio { get; init; }

    /// <summary>Its 95 % confidence interval.</summary>
    public Interval? Interval { get; init; }

    /// <summary>Pairs that counted.</summary>
    public required int Pairs { get; init; }

    public double? MedianOfA { get; init; }

    public double? MedianOfB { get; init; }

    /// <summary>System calls per request, by server, from a window of their own.</summary>
    public IReadOnlyDictionary<string, double>? SystemCallsPerRequest { get; init; }

    /// <summary>Why cells were thrown out.</summary>
    public required IReadOnlyList<string> Refusals { get; init; }

    /// <summary>Whether B is worse by more than this share, and surely so.</summary>
    public bool SlowerBy(double share, bool lowerIsBetter) =>
        Verdict == Verdict.Slower && Ratio is { } ratio && (lowerIsBetter ? ratio > 1 + share : ratio < 1 / (1 + share));
}
