using Bench.Results;
using Bench.Servers;
using Bench.Works;

namespace Bench.Plans;

/// <summary>What is measured, on which servers, and how often.</summary>
/// <param name="Kind">The kind of the result: "ab", "arena", "models" or "files".</param>
/// <param name="Candidates">The servers of every work that does not name its own.</param>
/// <param name="Works">The works, in the order in which they are measured.</param>
internal sealed record Plan(string Kind, IReadOnlyList<Candidate> Candidates, IReadOnlyList<Work> Works)
{
    /// <summary>The number of rounds of each work, over all generations. Every candidate is measured once in a round.</summary>
    public int Rounds { get; init; } = 1;

    /// <summary>The number of sets of processes that the rounds are spread over.</summary>
    public int Generations { get; init; } = 1;

    /// <summary>The number of rounds of works that need a new process for every cell; null for <see cref="Rounds"/>.</summary>
    public int? SeparateRounds { get; init; }

    /// <summary>How often a round is measured at most; it is repeated when a cell of it was refused.</summary>
    public int Attempts { get; init; } = 3;

    /// <summary>Ratios closer to 1 than this are reported as no difference: two processes of one program differ by that much.</summary>
    public double Margin { get; init; } = 0.03;

    public CorePlacement Cores { get; init; } = CorePlacement.Split;

    public MeasureSettings Settings { get; init; } = new();

    /// <summary>The limits that the run is measured against; empty for none.</summary>
    public IReadOnlyList<Goal> Goals { get; init; } = [];

    /// <summary>The pairs of candidates that are compared.</summary>
    public IReadOnlyList<ComparedPair> Compared { get; init; } = [];

    /// <summary>Runs before the first measurement, for example to create the files that are served.</summary>
    public Func<Action<string>, CancellationToken, Task>? PrepareAsync { get; init; }

    /// <summary>Whether the plan compares two transports.</summary>
    public bool IsComparison => ResultFile.IsComparisonKind(Kind);

    /// <summary>Creates the plan of a comparison of two transports.</summary>
    /// <param name="a">The reference.</param>
    /// <param name="b">The transport that the verdict is about.</param>
    /// <param name="works">The works.</param>
    /// <param name="kind">The kind of the result.</param>
    /// <param name="app">The application; null for samples/WebApp.</param>
    public static Plan Compare(
        ServerSpec a, ServerSpec b, IReadOnlyList<Work> works, string kind = ResultFile.Ab, SampleApp? app = null) =>
        new(kind, [Candidate.Of(a, "A", app), Candidate.Of(b, "B", app)], works)
        {
            Rounds = 12,
            Generations = 3,
            Compared = [new ComparedPair("A", "B")],
        };

    /// <summary>The number of rounds in one generation.</summary>
    public int RoundsOf(int generation) => Share(Rounds, generation);

    /// <summary>The number of rounds in one generation of works that need a new process for every cell.</summary>
    public int SeparateRoundsOf(int generation) => Share(SeparateRounds ?? Rounds, generation);

    private int Share(int rounds, int generation) => rounds / Generations + (generation < rounds % Generations ? 1 : 0);
}
