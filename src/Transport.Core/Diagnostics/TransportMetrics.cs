using System.Collections.Concurrent;
using System.Diagnostics.Metrics;

namespace Transport.Core.Diagnostics;

/// <summary>
/// The meter: every instrument observes the loops' own counters when it is read, tagged with the model and the loop's number.
/// </summary>
internal sealed class TransportMetrics : IDisposable
{
    public const string MeterName = "Transport.Core";

    private readonly Meter _meter;
    private readonly ConcurrentDictionary<(string Transport, int Loop), LoopCounters> _loops = new();

    public TransportMetrics(IMeterFactory? meterFactory)
    {
        _meter = meterFactory?.Create(MeterName) ?? new Meter(MeterName);
        UpDown("transport.connections", "{connection}", "Open connections.", c => c.Connections);
        Counter("transport.accepts", "{connection}", "Accepted connections.", c => c.Accepts);
        Counter("transport.accept_errors", "{error}", "accept4(2) calls that failed with anything but EAGAIN.", c => c.AcceptErrors);
        Counter("transport.accept_pauses", "{pause}", "Times that accepting was put off for want of descriptors or memory.", c => c.AcceptPauses);
        Counter("transport.bytes_received", "By", "Bytes received.", c => c.BytesReceived);
        Counter("transport.bytes_sent", "By", "Bytes sent.", c => c.BytesSent);
        Counter("transport.waits", "{wait}", "Times that the loop asked the kernel what is ready.", c => c.Waits);
        Counter("transport.events", "{event}", "Reports that the waits brought back.", c => c.Events);
        Counter("transport.wake_ups", "{wake_up}", "Times that another thread ended a wait.", c => Interlocked.Read(ref c.WakeUps));
        Counter("transport.spurious_reports", "{report}", "Reports after which the system call had nothing.", c => c.SpuriousReports);
        UpDown("transport.paused_connections", "{connection}", "Connections not read because the application is behind.", c => c.PausedConnections);
        UpDown("transport.workers", "{thread}", "Application threads of the loop's own.", c => c.Workers);
    }

    /// <summary>The counters of one loop; the same ones again when a transport is bound anew, so that totals go on.</summary>
    public LoopCounters ForLoop(string transport, int loop) => _loops.GetOrAdd((transport, loop), static _ => new LoopCounters());

    public void Dispose() => _meter.Dispose();

    private void Counter(string name, string unit, string description, Func<LoopCounters, long> read) =>
        _meter.CreateObservableCounter(name, () => Observe(read), unit, description);

    private void UpDown(string name, string unit, string description, Func<LoopCounters, long> read) =>
        _meter.CreateObservableUpDownCounter(name, () => Observe(read), unit, description);

    private IEnumerable<Measurement<long>> Observe(Func<LoopCounters, long> read)
    {
        foreach (((string transport, int loop), LoopCounters counters) in _loops)
        {
            yield return new(read(counters), new("transport", transport), new("loop", loop));
        }
    }
}
