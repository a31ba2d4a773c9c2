using System.Diagnostics.Metrics;
using Transport.Core.Diagnostics;

namespace Transport.Select;

/// <summary>The meter of the select transport's own counters.</summary>
internal sealed class SelectMetrics : IDisposable
{
    public const string MeterName = "Transport.Select";

    private readonly LoopMeter<SelectCounters> _meter;

    public SelectMetrics(IMeterFactory? meterFactory)
    {
        _meter = new(MeterName, meterFactory);
        _meter.Counter(
            "transport.select.descriptors_refused",
            "{descriptor}",
            "Connections closed because the descriptor is not below MaxDescriptors.",
            c => c.DescriptorsRefused);
    }

    /// <inheritdoc cref="LoopMeter{TCounters}.ForLoop"/>
    public SelectCounters ForLoop(int loop) => _meter.ForLoop("select", loop);

    public void Dispose() => _meter.Dispose();
}
