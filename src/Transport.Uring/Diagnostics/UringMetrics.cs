using System.Diagnostics.Metrics;
using Transport.Core.Diagnostics;

namespace Transport.Uring.Diagnostics;

/// <summary>The meter of the io_uring transport's own counters.</summary>
internal sealed class UringMetrics : IDisposable
{
    public const string MeterName = "Transport.Uring";

    private readonly LoopMeter<UringCounters> _meter;

    public UringMetrics(IMeterFactory? meterFactory)
    {
        _meter = new(MeterName, meterFactory);
        _meter.Counter("transport.uring.submissions", "{operation}", "Operations submitted to the kernel.", c => c.Submissions);
        _meter.Counter(
            "transport.uring.overflows",
            "{wait}",
            "Waits after which completions were left in the kernel, because the completion queue was full.",
            c => c.Overflows);
        _meter.Counter(
            "transport.uring.buffer_shortages",
            "{receive}",
            "Receives that found no buffer in the ring and were repeated into the connection's own memory.",
            c => c.BufferShortages);
        _meter.Counter(
            "transport.uring.shortages",
            "{wait}",
            "Waits in which the kernel took no operation because memory or room had run out.",
            c => c.Shortages);
        _meter.Counter(
            "transport.uring.repeated_cancellations",
            "{operation}",
            "Cancellations that found their operation between two attempts and were repeated.",
            c => c.RepeatedCancellations);
        _meter.Counter("transport.uring.zero_copy_sends", "{send}", "Sends without a copy.", c => c.ZeroCopySends);
        _meter.Counter(
            "transport.uring.zero_copy_refusals",
            "{connection}",
            "Connections whose zero-copy sends the kernel refused or copied: their further sends are ordinary ones.",
            c => c.ZeroCopyRefusals);
    }

    /// <inheritdoc cref="LoopMeter{TCounters}.ForLoop"/>
    public UringCounters ForLoop(int loop) => _meter.ForLoop("uring", loop);

    public void Dispose() => _meter.Dispose();
}
