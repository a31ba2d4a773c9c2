using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using System.Globalization;

namespace WebApp;

/// <summary>
/// Sums all instruments of the transports' meters, <c>Transport.Core</c> and those of the models, in total and per loop. Observable
/// instruments are read on request; the others are summed as they are recorded.
/// </summary>
internal sealed class TransportStatus : IDisposable
{
    private const string MeterNames = "Transport.";

    private readonly MeterListener _listener = new();
    private readonly ConcurrentDictionary<Series, long> _values = new();

    public TransportStatus(IMeterFactory meters)
    {
        _listener.InstrumentPublished = (instrument, listener) =>
        {
            // Another host in this process has a meter of the same name, but a different factory.
            if (instrument.Meter.Name.StartsWith(MeterNames, StringComparison.Ordinal)
                && (instrument.Meter.Scope is null || instrument.Meter.Scope == meters))
            {
                listener.EnableMeasurementEvents(instrument);
            }
        };
        _listener.SetMeasurementEventCallback<long>((instrument, value, tags, _) => Record(instrument, value, tags));
        _listener.SetMeasurementEventCallback<int>((instrument, value, tags, _) => Record(instrument, value, tags));
    }

    /// <summary>Starts listening. Called before the first connection, so that no measurement is missed.</summary>
    public void Start() => _listener.Start();

    /// <summary>Returns the current values by instrument, then by loop.</summary>
    public SortedDictionary<string, SortedDictionary<int, long>> Read()
    {
        _listener.RecordObservableInstruments();

        SortedDictionary<string, SortedDictionary<int, long>> instruments =
            new SortedDictionary<string, SortedDictionary<int, long>>(StringComparer.Ordinal);
        foreach ((Series series, long value) in _values)
        {
            if (!instruments.TryGetValue(series.Instrument, out SortedDictionary<int, long>? loops))
            {
                instruments[series.Instrument] = loops = [];
            }

            loops[series.Loop] = loops.GetValueOrDefault(series.Loop) + value;
        }

        return instruments;
    }

    public void Dispose() => _listener.Dispose();

    private void Record(Instrument instrument, long value, ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        int loop = Series.NoLoop;
        string others = "";
        foreach ((string? key, object? tag) in tags)
        {
            if (key == "loop")
            {
                loop = Convert.ToInt32(tag, CultureInfo.InvariantCulture);
            }
            else
            {
                others += $"{key}={tag};";
            }
        }

        Series series = new Series(instrument.Name, loop, others);
        if (instrument.IsObservable)
        {
            _values[series] = value;
        }
        else
        {
            _values.AddOrUpdate(series, value, (_, sum) => sum + value);
        }
    }

    private readonly record struct Series(string Instrument, int Loop, string OtherTags)
    {
        /// <summary>The value for the transport as a whole.</summary>
        public const int NoLoop = -1;
    }
}
