using System.Diagnostics.Metrics;
using Transport.Core.Diagnostics;

namespace Transport.Rtsig;

/// <summary>The meter of the rtsig transport's own counters.</summary>
internal sealed class RtsigMetrics : IDisposable
{
    public const string MeterName = "Transport.Rtsig";

    private readonly LoopMeter<RtsigCounters> _meter;

    public RtsigMetrics(IMeterFactory? meterFactory)
    {
        _meter = new(MeterName, meterFactory);
        _meter.Counter("transport.rtsig.signals", "{signal}", "Signals read from the queue.", c => c.Signals);
        _meter.Counter(
            "transport.rtsig.overflows", "{overflow}", "Queue overflows, after which every descriptor is polled.", c => c.Overflows);
        _meter.Counter("transport.rtsig.swept", "{report}", "Events found by polling after an overflow, not by a signal.", c => c.Swept);
        _meter.Counter(
            "transport.rtsig.hushed",
            "{descriptor}",
            "Times that O_ASYNC was cleared because no operation was pending.",
            c => c.Disarmed);
    }

    /// <inheritdoc cref="LoopMeter{TCounters}.ForLoop"/>
    public RtsigCounters ForLoop(int loop) => _meter.ForLoop("rtsig", loop);

    public void Dispose() => _meter.Dispose();
}
