using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using System.Net;
using System.Net.Sockets;

namespace Transport.Core.Diagnostics;

/// <summary>
/// A meter with observable instruments over the counters of all event loops, tagged with the model and the loop's number. Counters of a
/// listener also have the tags of its address that the semantic conventions of OpenTelemetry define.
/// </summary>
internal sealed class LoopMeter<TCounters>(string name, IMeterFactory? meterFactory) : IDisposable
    where TCounters : class, new()
{
    private readonly Meter _meter = meterFactory?.Create(name) ?? new Meter(name);
    private readonly ConcurrentDictionary<(string Transport, int Loop, EndPoint? EndPoint), Entry> _entries = new();

    /// <summary>Returns the counters of one loop. An end point that is bound again gets the same ones, so that totals continue.</summary>
    public TCounters ForLoop(string transport, int loop, EndPoint? endPoint = null) =>
        _entries.GetOrAdd((transport, loop, endPoint), static key => new Entry(key.Transport, key.Loop, key.EndPoint)).Counters;

    /// <summary>Adds an instrument for a value that only grows.</summary>
    public void Counter(string name, string unit, string description, Func<TCounters, long> read) =>
        _meter.CreateObservableCounter(name, () => Observe(read), unit, description);

    /// <summary>Adds an instrument for a value that grows and shrinks.</summary>
    public void UpDown(string name, string unit, string description, Func<TCounters, long> read) =>
        _meter.CreateObservableUpDownCounter(name, () => Observe(read), unit, description);

    public void Dispose() => _meter.Dispose();

    private IEnumerable<Measurement<long>> Observe(Func<TCounters, long> read)
    {
        foreach (Entry entry in _entries.Values)
        {
            yield return new(read(entry.Counters), entry.Tags);
        }
    }

    private sealed class Entry(string transport, int loop, EndPoint? endPoint)
    {
        public TCounters Counters { get; } = new();

        public KeyValuePair<string, object?>[] Tags { get; } =
        [
            new("transport", transport),
            new("loop", loop),
            .. endPoint switch
            {
                IPEndPoint ip => (KeyValuePair<string, object?>[])
                    [new("server.address", ip.Address.ToString()), new("server.port", ip.Port), new("network.transport", "tcp")],
                UnixDomainSocketEndPoint unix => [new("server.address", unix.ToString()), new("network.transport", "unix")],
                _ => [],
            },
        ];
    }
}
