using System.Diagnostics.Metrics;
using System.Net;

namespace Transport.Core.Diagnostics;

/// <summary>The meter of every transport: event loops, listeners and connections.</summary>
internal sealed class TransportMetrics : IDisposable
{
    public const string MeterName = "Transport.Core";

    private readonly LoopMeter<LoopCounters> _meter;
    private readonly LoopMeter<ListenerCounters> _listeners;

    public TransportMetrics(IMeterFactory? meterFactory)
    {
        _meter = new(MeterName, meterFactory);
        _listeners = new(MeterName, meterFactory);
        _meter.UpDown("transport.connections", "{connection}", "Open connections.", c => c.Connections);
        _listeners.Counter("transport.accepts", "{connection}", "Accepted connections.", c => c.Accepts);
        _listeners.Counter(
            "transport.accept_errors", "{error}", "accept4(2) calls that failed with anything but EAGAIN.", c => c.AcceptErrors);
        _listeners.Counter(
            "transport.accept_pauses",
            "{pause}",
            "Times that accepting paused because descriptors or memory had run out.",
            c => c.AcceptPauses);
        _listeners.Counter(
            "transport.connections_refused",
            "{connection}",
            "Connections reset at MaxConnections or MaxConnectionsPerAddress.",
            c => c.ConnectionsRefused);
        _meter.Counter("transport.bytes_received", "By", "Bytes received.", c => c.BytesReceived);
        _meter.Counter("transport.bytes_sent", "By", "Bytes sent.", c => c.BytesSent + Interlocked.Read(ref c.BytesSentElsewhere.Value));
        _meter.Counter(
            "transport.sendfile.bytes", "By", "Bytes of transport.bytes_sent that sendfile(2) took from files.", c => c.FileBytesSent);
        _meter.Counter(
            "transport.sendfile.slow",
            "{call}",
            "sendfile(2) calls of more than 5 ms: most likely they waited for the disk.",
            c => c.SlowFileSends);
        _meter.Counter("transport.waits", "{wait}", "Calls of the loop that wait for events.", c => c.Waits);
        _meter.Counter("transport.events", "{event}", "Events that the waits returned.", c => c.Events);
        _meter.Counter(
            "transport.wake_ups", "{wake_up}", "Wake-ups of the loop by another thread.", c => Interlocked.Read(ref c.WakeUps.Value));
        _meter.Counter(
            "transport.spurious_reports", "{report}", "Events after which the system call returned EAGAIN.", c => c.SpuriousReports);
        _meter.UpDown(
            "transport.paused_connections",
            "{connection}",
            "Connections whose reading is paused by back-pressure.",
            c => c.PausedConnections);
        _meter.UpDown(
            "transport.workers", "{thread}", "Application threads of the loop, without the thread that leads it.", c => c.Workers);
        _meter.Counter(
            "transport.take_overs",
            "{take_over}",
            "Times that another thread took the loop over from one inside application code.",
            c => c.TakeOvers);
        _meter.Counter(
            "transport.merges",
            "{merge}",
            "Times that the loop merged with another, whose thread then led both, because threads waited for a processor.",
            c => c.Merges);
        _meter.Counter("transport.spins", "{spin}", "Times that the loop polled before it slept.", c => c.Spins);
        _meter.Counter("transport.spin_hits", "{spin}", "Spins that ended with an event or posted work.", c => c.SpinHits);
        _meter.Counter("transport.yields", "{yield}", "Times that the loop let other threads run before it slept.", c => c.Yields);
    }

    /// <inheritdoc cref="LoopMeter{TCounters}.ForLoop"/>
    public LoopCounters ForLoop(string transport, int loop) => _meter.ForLoop(transport, loop);

    /// <summary>Returns the counters of one end point on one loop.</summary>
    public ListenerCounters ForListener(string transport, int loop, EndPoint endPoint) => _listeners.ForLoop(transport, loop, endPoint);

    public void Dispose()
    {
        _meter.Dispose();
        _listeners.Dispose();
    }
}
