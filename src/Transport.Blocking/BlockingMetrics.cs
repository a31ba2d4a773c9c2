using System.Diagnostics.Metrics;
using Transport.Core.Diagnostics;

namespace Transport.Blocking;

/// <summary>The meter of the blocking transport's own counters.</summary>
internal sealed class BlockingMetrics : IDisposable
{
    public const string MeterName = "Transport.Blocking";

    private readonly LoopMeter<BlockingCounters> _meter;

    public BlockingMetrics(IMeterFactory? meterFactory)
    {
        _meter = new(MeterName, meterFactory);
        _meter.UpDown(
            "transport.blocking.threads",
            "{thread}",
            "Threads that receive, send or accept.",
            c => Interlocked.Read(ref c.Threads));
        _meter.Counter(
            "transport.blocking.threads_refused",
            "{thread}",
            "Threads that could not be started.",
            c => Interlocked.Read(ref c.ThreadsRefused));
        _meter.Counter(
            "transport.blocking.accept_waits",
            "{wait}",
            "Times that accepting waited for threads to become free.",
            c => Interlocked.Read(ref c.AcceptWaits));
    }

    /// <inheritdoc cref="LoopMeter{TCounters}.ForLoop"/>
    public BlockingCounters ForLoop(int loop) => _meter.ForLoop("blocking", loop);

    public void Dispose() => _meter.Dispose();
}
