namespace Bench.Models;

/// <summary>How thorough the curves are.</summary>
internal sealed record ModelsPlan
{
    /// <summary>Transports, by the sample's names.</summary>
    public required IReadOnlyList<string> Transports { get; init; }

    public required TimeSpan Window { get; init; }

    public required TimeSpan WarmUp { get; init; }

    /// <summary>Idle connections of the cost curve.</summary>
    public required IReadOnlyList<int> Idle { get; init; }

    /// <summary>Requests a second of the cost curve: few enough for every model.</summary>
    public double ConstantRate { get; init; } = 2000;

    /// <summary>Requests offered a second.</summary>
    public required IReadOnlyList<int> Offered { get; init; }

    /// <summary>Idle connections of the reply-rate curves.</summary>
    public required IReadOnlyList<int> OfferedBeside { get; init; }

    /// <summary>Limits of the signal queue.</summary>
    public required IReadOnlyList<int> QueueLimits { get; init; }

    public static ModelsPlan Full(IReadOnlyList<string> transports) => new()
    {
        Transports = transports,
        Window = TimeSpan.FromSeconds(3),
        WarmUp = TimeSpan.FromSeconds(6),
        Idle = [0, 10, 100, 500, 1000, 2000, 5000, 10_000, 15_000],
        Offered = [1000, 2000, 5000, 10_000, 20_000, 40_000, 60_000, 80_000, 120_000],
        OfferedBeside = [1, 1000, 10_000],
        QueueLimits = [8, 32, 128, 512, 2048],
    };

    public static ModelsPlan Short(IReadOnlyList<string> transports) => new()
    {
        Transports = transports,
        Window = TimeSpan.FromSeconds(1),
        WarmUp = TimeSpan.FromSeconds(3),
        Idle = [0, 500, 5000],
        Offered = [5000, 20_000, 60_000],
        OfferedBeside = [1000],
        QueueLimits = [8, 512],
    };
}
