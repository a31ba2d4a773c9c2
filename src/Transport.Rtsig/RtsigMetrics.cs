using System.Diagnostics.Metrics;
using Transport.Core.Diagnostics;

namespace Transport.Rtsig;

/// <summary>The meter of what only real-time signals have.</summary>
internal sealed class RtsigMetrics : IDisposable
{
    public const string MeterName = "Transport.Rtsig";

    private readonly LoopMeter<RtsigCounters> _meter;

    public RtsigMetrics(IMeterFactory? meterFactory)
    {
        _meter = new(MeterName, meterFactory);
        _meter.Counter("transport.rtsig.signals", "{signal}", "Signals taken from the queue.", c => c.Signals);
        _meter.Counter("transport.rtsig.overflows", "{overflow}", "Times that the queue was full and every descriptor was swept.", c => c.Overflows);
        _meter.Counter("transport.rtsig.swept", "{report}", "Reports that came from a sweep and not from a signal.", c => c.Swept);
        _meter.Counter("transport.rtsig.hushed", "{descriptor}", "Times that O_ASYNC was taken away because nobody waited.", c => c.Hushed);
    }

    /// <inheritdoc cref="LoopMeter{TCounters}.ForLoop"/>
    public RtsigCounters ForLoop(int loop) => _meter.ForLoop("rtsig", loop);

    public void Dispose() => _meter.Dispose();
}
