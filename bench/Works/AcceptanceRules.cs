using Bench.Load;
using Bench.Measuring;
using Bench.Servers;

namespace Bench.Works;

/// <summary>The rules by which cells are accepted or refused. They are the same for every kind of result.</summary>
/// <param name="OthersTolerated">The share of the server's processors that other processes may use. Default: 0.10, slightly above the
/// error of /proc/stat (ticks of 10 ms) in a window of one second.</param>
internal sealed record AcceptanceRules(double OthersTolerated = 0.10)
{
    /// <summary>A load generator this busy limits the result, unless the server is busy too.</summary>
    private const double ClientSaturated = 0.97;
    private const double ServerNotFull = 0.90;

    /// <summary>The share of the server's processors that the hypervisor may take. It takes it from both sides of a pair.</summary>
    private const double StolenTolerated = 0.20;

    /// <summary>How late an open loop may send, in microseconds; where latencies are long, the share of the p99.</summary>
    private const double LagTolerated = 1000;
    private const double LagShareTolerated = 0.1;

    /// <summary>Returns the reason to refuse a cell; null when it is accepted.</summary>
    public string? Judge(LoadResult result, WindowUse use) => JudgeLoad(result) ?? JudgeClient(result, use) ?? JudgeMachine(use);

    /// <summary>Returns the reason to refuse a cell because of the load alone; null when it is accepted.</summary>
    public static string? JudgeLoad(LoadResult result)
    {
        if (result.Error is not null)
        {
            return result.Error;
        }

        if (result.Requests == 0)
        {
            return "no request was answered";
        }

        return result.ClientLag > Math.Max(LagTolerated, LagShareTolerated * (result.Latency?.P99 ?? 0))
            ? $"the open loop could not keep its schedule: {result.ClientLag / 1000:F1} ms late at the 99th percentile"
            : null;
    }

    /// <summary>Returns the reason to refuse a cell because another process listens on the server's port; null when none does.</summary>
    public static string? JudgePort(Server server) =>
        Listeners.Strangers(server.EndPoint, server.ProcessIds) > 0 ? AnotherListener(server.EndPoint.Port) : null;

    private static string? JudgeClient(LoadResult result, WindowUse use) =>
        result.Offered is null && use.ClientBusy > ClientSaturated && use.ServerBusy < ServerNotFull
            ? $"the load generator was saturated: {use.ClientBusy:P0} busy, the server {use.ServerBusy:P0}"
            : null;

    private string? JudgeMachine(WindowUse use)
    {
        if (use.Strangers > 0)
        {
            return AnotherListener(use.EndPoint.Port);
        }

        if (use.OthersBusy > OthersTolerated)
        {
            return $"other processes used {use.OthersBusy:P0} of the server's processors";
        }

        return use.Stolen > StolenTolerated ? $"the hypervisor took {use.Stolen:P0} of the server's processors" : null;
    }

    private static string AnotherListener(int port) => $"another process listens on port {port}";
}
