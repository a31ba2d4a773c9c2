using Bench.Plans;
using Bench.Works;

namespace Bench.Curves;

/// <summary>The ranges of the curves of <c>bench models</c>.</summary>
internal sealed record CurveRanges
{
    /// <summary>The names of the transports.</summary>
    public required IReadOnlyList<string> Transports { get; init; }

    public required MeasureSettings Settings { get; init; }

    /// <summary>Idle connections of the curve <c>idle-cost</c>.</summary>
    public required IReadOnlyList<int> Idle { get; init; }

    /// <summary>Requests per second of the curve <c>idle-cost</c>, a rate that every model sustains.</summary>
    public double ConstantRate { get; init; } = 2000;

    /// <summary>Requests per second of the curve <c>reply-rate</c>.</summary>
    public required IReadOnlyList<int> Offered { get; init; }

    /// <summary>Idle connections of the curve <c>reply-rate</c>.</summary>
    public required IReadOnlyList<int> OfferedBeside { get; init; }

    /// <summary>Limits of the signal queue of the curve <c>rtsig-queue</c>.</summary>
    public required IReadOnlyList<int> QueueLimits { get; init; }

    public static CurveRanges Full(IReadOnlyList<string> transports) => new()
    {
        Transports = transports,
        Settings = SettingsOf(window: 3, warmUp: 6),
        Idle = [0, 10, 100, 500, 1000, 2000, 5000, 10_000, 15_000],
        Offered = [1000, 2000, 5000, 10_000, 20_000, 40_000, 60_000, 80_000, 120_000],
        OfferedBeside = [1, 1000, 10_000],
        QueueLimits = [8, 32, 128, 512, 2048],
    };

    public static CurveRanges Short(IReadOnlyList<string> transports) => new()
    {
        Transports = transports,
        Settings = SettingsOf(window: 1, warmUp: 3),
        Idle = [0, 500, 5000],
        Offered = [5000, 20_000, 60_000],
        OfferedBeside = [1000],
        QueueLimits = [8, 512],
    };

    private static MeasureSettings SettingsOf(double window, double warmUp) => new()
    {
        Window = TimeSpan.FromSeconds(window),
        WarmUp = new WarmUp(TimeSpan.FromSeconds(warmUp), TimeSpan.FromSeconds(1.5 * warmUp)),
    };
}
