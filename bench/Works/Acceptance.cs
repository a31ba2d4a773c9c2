using Bench.Load;
using Bench.Measuring;

namespace Bench.Works;

/// <summary>Which cells count. A figure taken under the wrong conditions is worse than none.</summary>
internal static class Acceptance
{
    /// <summary>A client this busy beside a server that is not measures itself.</summary>
    private const double ClientSaturated = 0.97;
    private const double ServerNotFull = 0.90;

    /// <summary>
    /// What the hypervisor takes, it takes from both sides of a pair; only when it takes a lot are the figures of another machine.
    /// </summary>
    private const double StolenTolerated = 0.20;

    /// <summary>Microseconds that the open loop may be late by itself; and where latencies are long, the share of them.</summary>
    private const double LagTolerated = 1000;
    private const double LagShareTolerated = 0.1;

    /// <summary>
    /// Share of the server's processor that others may have: by default just above the ticks' own error in a window of a second.
    /// </summary>
    public static double OthersTolerated { get; set; } = 0.10;

    /// <summary>Why a cell must be thrown out; null when it may stay.</summary>
    public static string? Judge(LoadResult result, WindowUse use)
    {
        if (result.Error is not null)
        {
            return result.Error;
        }

        if (result.Requests == 0)
        {
            return "no request was answered";
        }

        if (use.Strangers > 0)
        {
            return $"another process listens on port {use.EndPoint.Port} too";
        }

        if (result.Offered is null && use.ClientBusy > ClientSaturated && use.ServerBusy < ServerNotFull)
        {
            return $"the client was saturated: {use.ClientBusy:P0} busy, the server {use.ServerBusy:P0}";
        }

        if (result.ClientLag > Math.Max(LagTolerated, LagShareTolerated * (result.Latency?.P99 ?? 0)))
        {
            return $"the client could not keep its own schedule: {result.ClientLag / 1000:F1} ms late at the 99th percentile";
        }

        if (use.OthersBusy > OthersTolerated)
        {
            return $"other processes had {use.OthersBusy:P0} of the server's processor";
        }

        if (use.Stolen > StolenTolerated)
        {
            return $"the hypervisor took {use.Stolen:P0} of the server's processor";
        }

        return null;
    }
}
