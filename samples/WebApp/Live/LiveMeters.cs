using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using System.Globalization;

namespace WebApp.Live;

/// <summary>Sums the instruments of the live page by transport, by port, and over the process.</summary>
internal sealed class LiveMeters : IDisposable
{
    private const string Kestrel = "Microsoft.AspNetCore.Server.Kestrel";

    private static readonly string[] Names =
    [
        "transport.waits", "transport.events", "transport.workers", "kestrel.active_connections", "fileaio.bytes_read",
        "fileaio.reads_in_flight", "fileaio.fallbacks",
    ];

    private readonly MeterListener _listener = new();
    private readonly ConcurrentDictionary<(string Instrument, string Owner, string Tags), long> _values = new();

    public LiveMeters(IMeterFactory meters)
    {
        _listener.InstrumentPublished = (instrument, listener) =>
        {
            if (Names.Contains(instrument.Name) && (instrument.Meter.Name != Kestrel || instrument.Meter.Scope == meters))
            {
                listener.EnableMeasurementEvents(instrument);
            }
        };
        _listener.SetMeasurementEventCallback<long>((instrument, value, tags, _) => Record(instrument, value, tags));
        _listener.SetMeasurementEventCallback<int>((instrument, value, tags, _) => Record(instrument, value, tags));
        _listener.Start();
    }

    /// <summary>Reads the observable instruments.</summary>
    public void Refresh() => _listener.RecordObservableInstruments();

    /// <summary>Returns the sum of an instrument for an owner: a transport, a port, or the whole process.</summary>
    public long Sum(string instrument, string owner = "") => _values
        .Where(entry => entry.Key.Instrument == instrument && (owner.Length == 0 || entry.Key.Owner == owner)).Sum(entry => entry.Value);

    public void Dispose() => _listener.Dispose();

    private void Record(Instrument instrument, long value, ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        (string owner, string others) = ("", "");
        foreach ((string key, object? tag) in tags)
        {
            string text = Convert.ToString(tag, CultureInfo.InvariantCulture) ?? "";
            // Kestrel's own instruments have no transport.
            if (key == "transport" || (key == "server.port" && owner.Length == 0))
            {
                owner = text;
            }
            else
            {
                others += $"{key}={text};";
            }
        }

        if (instrument.IsObservable)
        {
            _values[(instrument.Name, owner, others)] = value;
        }
        else
        {
            _values.AddOrUpdate((instrument.Name, owner, others), value, (_, sum) => sum + value);
        }
    }
}
