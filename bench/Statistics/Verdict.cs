using System.Text.Json.Serialization;

namespace Bench.Statistics;

/// <summary>What a comparison comes to, said of B against A.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<Verdict>))]
internal enum Verdict
{
    /// <summary>Too few pairs survived to say anything.</summary>
    None,

    /// <summary>The interval holds 1, or the median is nearer to it than the margin.</summary>
    NoDifference,

    /// <summary>B is better, and both the interval and the margin say so.</summary>
    Faster,

    /// <summary>B is worse, and both the interval and the margin say so.</summary>
    Slower,
}
