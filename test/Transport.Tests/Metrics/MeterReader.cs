using System.Diagnostics.Metrics;
using Microsoft.Extensions.DependencyInjection;

namespace Transport.Tests.Metrics;

/// <summary>Reads the transport's meter, of one server alone.</summary>
internal sealed class MeterReader : IDisposable
{
    private readonly MeterListener _listener = new();
    private readonly Lock _lock = new();
    private readonly Dictionary<string, List<(long Value, Dictionary<string, object?> Tags)>> _last = [];

    /// <param name="services">The server's.</param>
    /// <param name="model">The meter of what only one model has, to be read too; null for none.</param>
    public MeterReader(IServiceProvider services, string? model = null)
    {
        IMeterFactory factory = services.GetRequiredService<IMeterFactory>();
        _listener.InstrumentPublished = (instrument, listener) =>
        {
            if ((instrument.Meter.Name == "Transport.Core" || instrument.Meter.Name == model)
                && ReferenceEquals(instrument.Meter.Scope, factory))
            {
                listener.EnableMeasurementEvents(instrument);
            }
        };
        _listener.SetMeasurementEventCallback<long>((instrument, value, tags, _) => Add(instrument.Name, value, tags));
        _listener.SetMeasurementEventCallback<int>((instrument, value, tags, _) => Add(instrument.Name, value, tags));
        _listener.Start();
    }

    /// <summary>The sum over all loops.</summary>
    public long Sum(string instrument) => Read(instrument).Sum(measurement => measurement.Value);

    public IReadOnlyList<(long Value, Dictionary<string, object?> Tags)> Read(string instrument)
    {
        lock (_lock)
        {
            _last.Clear();
            _listener.RecordObservableInstruments();
            return _last.TryGetValue(instrument, out List<(long Value, Dictionary<string, object?> Tags)>? measurements)
                ? [.. measurements]
                : throw new InvalidOperationException($"There is no instrument {instrument}; there are: {string.Join(", ", _last.Keys)}");
        }
    }

    public Task ReachesAsync(string instrument, long value)
        => Deadline.Until(() => Sum(instrument) == value, () => $"{instrument} is {Sum(instrument)}, not {value}");

    public void Dispose() => _listener.Dispose();

    private void Add(string name, long value, ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        if (!_last.TryGetValue(name, out List<(long Value, Dictionary<string, object?> Tags)>? measurements))
        {
            _last[name] = measurements = [];
        }

        measurements.Add((value, new Dictionary<string, object?>(tags.ToArray())));
    }
}
