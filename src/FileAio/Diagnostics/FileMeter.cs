using System.Diagnostics.Metrics;

namespace FileAio.Diagnostics;

/// <summary>The instruments of one meter <c>FileAio</c>.</summary>
internal sealed class FileMeter
{
    private readonly Histogram<double> _duration;
    private readonly Counter<long> _overdue;
    private readonly DeferredMeasurements _durations;

    public FileMeter(Meter meter)
    {
        // The default boundaries of OpenTelemetry are milliseconds for HTTP; the first would contain all reads of an NVMe device.
        _duration = meter.CreateHistogram<double>(
            "fileaio.read.duration",
            "s",
            "Duration of a read from submission to completion, including the time in a queue.",
            tags: null,
            new InstrumentAdvice<double>
            {
                HistogramBucketBoundaries =
                    [0.00005, 0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10],
            });
        _durations = new DeferredMeasurements(_duration);
        _overdue = meter.CreateCounter<long>(
            "fileaio.reads_overdue", "{read}", "Reads that took longer than AioTimeout, counted while in flight.");
        meter.CreateObservableUpDownCounter("fileaio.reads_in_flight", static () => FileMetrics.ReadsInFlight, "{read}",
            "Reads that an engine has not completed.");
        meter.CreateObservableCounter("fileaio.bytes_read", FileMetrics.ObserveBytes, "By",
            "Bytes read from files. Tag engine: page-cache for cached bytes, sendfile for bytes that the kernel sends itself.");
        meter.CreateObservableCounter("fileaio.bytes_shared", static () => FileMetrics.BytesShared, "By",
            "Bytes that a response took from the direct read of another response, instead of reading them again.");
        meter.CreateObservableCounter("fileaio.sendfile.misses", static () => FileMetrics.SendFileMisses, "{chunk}",
            "Chunks that were not completely in the page cache, and were read instead of sent by sendfile.");
        meter.CreateObservableCounter("fileaio.fallbacks", FileMetrics.ObserveFallbacks, "{fallback}",
            "Fallbacks because the kernel refused a call, by reason; no-direct-io also by device, once per file.");
        meter.CreateObservableCounter("fileaio.open_file_cache.hits", static () => FileMetrics.CacheHits, "{lookup}",
            "Lookups that found the file in the open-file cache.");
        meter.CreateObservableCounter("fileaio.open_file_cache.misses", static () => FileMetrics.CacheMisses, "{lookup}",
            "Lookups that had to open the file.");
    }

    /// <summary>Whether a listener collects the durations.</summary>
    public bool MeasuresDurations => _duration.Enabled;

    public void ReadEnded(double seconds, string engine) => _durations.Add(seconds, engine);

    public void ReadOverdue(string engine) => _overdue.Add(1, new KeyValuePair<string, object?>("engine", engine));
}
