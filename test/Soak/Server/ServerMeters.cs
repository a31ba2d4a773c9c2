using System.Collections.Concurrent;
using System.Diagnostics.Metrics;

namespace Soak.Server;

/// <summary>The sums of the meters that count connections.</summary>
internal sealed class ServerMeters : IDisposable
{
    private static readonly string[] Names =
        ["kestrel.active_connections", "transport.connections", "transport.accepts", "transport.workers"];

    private readonly MeterListener _listener = new();
    private readonly ConcurrentDictionary<string, long> _counters = new();
    private readonly ConcurrentDictionary<string, long> _observed = new();

    public ServerMeters()
    {
        _listener.InstrumentPublished = (instrument, listener) =>
        {
            if (Names.Contains(instrument.Name))
            {
                listener.EnableMeasurementEvents(instrument);
            }
        };
        _listener.SetMeasurementEventCallback<long>(Record);
        _listener.Start();
    }

    /// <returns>The sum over all tags; −1 where nobody counts it.</returns>
    public long Read(string name)
    {
        lock (_observed)
        {
            _observed.Clear();
            _listener.RecordObservableInstruments();
            return _observed.TryGetValue(name, out long value) || _counters.TryGetValue(name, out value) ? value : -1;
        }
    }

    public void Dispose() => _listener.Dispose();

    private void Record(Instrument instrument, long value, ReadOnlySpan<KeyValuePair<string, object?>> tags, object? state)
        => (instrument.IsObservable ? _observed : _counters).AddOrUpdate(instrument.Name, value, (_, sum) => sum + value);
}
