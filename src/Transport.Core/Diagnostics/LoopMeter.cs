using System.Collections.Concurrent;
using System.Diagnostics.Metrics;

namespace Transport.Core.Diagnostics;

/// <summary>
/// A meter with observable instruments over the counters of all event loops, tagged with the model and the loop's number.
/// </summary>
internal sealed class LoopMeter<TCounters>(string name, IMeterFactory? meterFactory) : IDisposable
    where TCounters : class, new()
{
    private readonly Meter _meter = meterFactory?.Create(name) ?? new Meter(name);
    private readonly ConcurrentDictionary<(string Transport, int Loop), TCounters> _loops = new();

    /// <summary>Returns the counters of one loop. An end point that is bound again gets the same ones, so that totals continue.</summary>
    public TCounters ForLoop(string transport, int loop) => _loops.GetOrAdd((transport, loop), static _ => new TCounters());

    /// <summary>Adds an instrument for a value that only grows.</summary>
    public void Counter(string name, string unit, string description, Func<TCounters, long> read) =>
        _meter.CreateObservableCounter(name, () => Observe(read), unit, description);

    /// <summary>Adds an instrument for a value that grows and shrinks.</summary>
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
