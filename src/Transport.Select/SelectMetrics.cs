using System.Diagnostics.Metrics;
using Transport.Core.Diagnostics;

namespace Transport.Select;

/// <summary>The meter of what only select has.</summary>
internal sealed class SelectMetrics : IDisposable
{
    public const string MeterName = "Transport.Select";

    private readonly LoopMeter<SelectCounters> _meter;

    public SelectMetrics(IMeterFactory? meterFactory)
    {
        _meter = new(MeterName, meterFactory);
        _meter.Counter(
            "transport.select.descriptors_refused", "{descriptor}", "Descriptors whose number is past MaxDescriptors.", c => c.DescriptorsRefused);
    }

    /// <inheritdoc cref="LoopMeter{TCounters}.ForLoop"/>
    public SelectCounters ForLoop(int loop) => _meter.ForLoop("select", loop);

    public void Dispose() => _meter.Dispose();
}
