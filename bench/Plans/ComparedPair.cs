using Bench.Works;

namespace Bench.Plans;

/// <summary>Two series that are compared with each other.</summary>
/// <param name="A">The series of the reference.</param>
/// <param name="B">The series that the verdict is about.</param>
internal sealed record ComparedPair(string A, string B)
{
    /// <summary>The figures that are compared; null for those of the work.</summary>
    public IReadOnlyList<Headline>? Headlines { get; init; }
}
