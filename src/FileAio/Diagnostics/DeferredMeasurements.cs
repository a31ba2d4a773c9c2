using System.Collections.Concurrent;
using System.Diagnostics.Metrics;

namespace FileAio.Diagnostics;

/// <summary>
/// Measurements of a histogram that an engine's thread takes. A MeterListener's callback runs on the thread that measures, and is the
/// application's code: so measurements are passed on by a timer, a batch at a time, and a listener that blocks or throws stops no read.
/// </summary>
internal sealed class DeferredMeasurements
{
    // A guess: collectors ask once a second or less often.
    private static readonly TimeSpan Delay = TimeSpan.FromMilliseconds(100);

    // 1 MiB or so; past it measurements are dropped. A guess: half a second of reads at the highest rate measured.
    private const int Capacity = 65536;

    private readonly Histogram<double> _histogram;
    private readonly ConcurrentQueue<(double Value, string Engine)> _waiting = new();
    private readonly Timer _timer;
    private int _count, _armed;

    public DeferredMeasurements(Histogram<double> histogram)
    {
        _histogram = histogram;
        _timer = new Timer(static state => ((DeferredMeasurements)state!).PassOn(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    public void Add(double value, string engine)
    {
        if (Interlocked.Increment(ref _count) > Capacity)
        {
            Interlocked.Decrement(ref _count);
            return;
        }

        _waiting.Enqueue((value, engine));
        Arm();
    }

    private void Arm()
    {
        if (Volatile.Read(ref _armed) == 0 && Interlocked.Exchange(ref _armed, 1) == 0)
        {
            _timer.Change(Delay, Timeout.InfiniteTimeSpan);
        }
    }

    private void PassOn()
    {
        while (_waiting.TryDequeue(out (double Value, string Engine) measured))
        {
            Interlocked.Decrement(ref _count);
            try
            {
                _histogram.Record(measured.Value, new KeyValuePair<string, object?>("engine", measured.Engine));
            }
            catch (Exception)
            {
                // A listener's: on a timer's thread it would end the process.
            }
        }
        Interlocked.Exchange(ref _armed, 0);
        if (!_waiting.IsEmpty)
        {
            Arm();
        }
    }
}
