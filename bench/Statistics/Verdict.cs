using System.Text.Json.Serialization;

namespace Bench.Statistics;

/// <summary>The verdict of a comparison of B with A.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<Verdict>))]
internal enum Verdict
{
    /// <summary>There are too few counted pairs for a verdict.</summary>
    None,

    /// <summary>The interval contains 1, or the ratio is within the margin of 1.</summary>
    NoDifference,

    /// <summary>B is better: the interval excludes 1, and the ratio is outside the margin.</summary>
    Faster,

    /// <summary>B is worse: the interval excludes 1, and the ratio is outside the margin.</summary>
    Slower,
}
