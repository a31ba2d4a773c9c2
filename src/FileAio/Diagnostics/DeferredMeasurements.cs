using System.Collections.Concurrent;
using System.Diagnostics.Metrics;

namespace FileAio.Diagnostics;

/// <summary>
/// Records the measurements of a histogram that engine threads make. A MeterListener's callback is application code that runs on the
/// measuring thread. A timer therefore records measurements in batches, so that a listener that blocks or throws delays no read.
/// </summary>
internal sealed class DeferredMeasurements
{
    // A guess: collectors read once a second or less often.
    private static readonly TimeSpan Delay = TimeSpan.FromMilliseconds(100);

    // About 1 MiB. Further measurements are dropped. A guess: half a second of reads at the highest rate measured.
    private const int Capacity = 65536;

    private readonly Histogram<double> _histogram;
    private readonly ConcurrentQueue<(double Value, string Engine)> _waiting = new();
    private readonly Timer _timer;
    private int _count, _armed;

    public DeferredMeasurements(Histogram<double> histogram)
    {
        _histogram = histogram;
        _timer = new Timer(static state => ((DeferredMeasurements)state!).PassOn(), this, Timeout.InfiniteTimeSpan,
            Timeout.InfiniteTimeSpan);
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
                // A listener threw. On a timer thread the exception would end the process.
            }
        }
        Interlocked.Exchange(ref _armed, 0);
        if (!_waiting.IsEmpty)
        {
            Arm();
        }
    }
}
