using System.Collections.Concurrent;
using System.Diagnostics.Metrics;

namespace Transport.Core.Diagnostics;

/// <summary>
/// A meter whose instruments observe what loops count, when somebody reads them: tagged with the model and the loop's number. A loop's
/// counters are plain fields with one writer, its thread, so that counting costs an addition.
/// </summary>
internal sealed class LoopMeter<TCounters>(string name, IMeterFactory? meterFactory) : IDisposable
    where TCounters : class, new()
{
    private readonly Meter _meter = meterFactory?.Create(name) ?? new Meter(name);
    private readonly ConcurrentDictionary<(string Transport, int Loop), TCounters> _loops = new();

    /// <summary>The counters of one loop; the same ones again when a transport is bound anew, so that totals go on.</summary>
    public TCounters ForLoop(string transport, int loop) => _loops.GetOrAdd((transport, loop), static _ => new TCounters());

    /// <summary>What only grows.</summary>
    public void Counter(string name, string unit, string description, Func<TCounters, long> read) =>
        _meter.CreateObservableCounter(name, () => Observe(read), unit, description);

    /// <summary>What comes and goes.</summary>
    public void UpDown(string name, string unit, string description, Func<TCounters, long> read) =>
        _meter.CreateObservableUpDownCounter(name, () => Observe(read), unit, description);

    public void Dispose() => _meter.Dispose();

    private IEnumerable<Measurement<long>> Observe(Func<TCounters, long> read)
    {
        foreach (((string transport, int loop), TCounters counters) in _loops)
        {
            yield return new(read(counters), new("transport", transport), new("loop", loop));
        }
    }
}
