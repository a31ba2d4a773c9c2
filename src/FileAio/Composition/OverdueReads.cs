using System.Diagnostics;
using FileAio.Diagnostics;
using FileAio.Engines;
using Microsoft.Extensions.Logging;

namespace FileAio.Composition;

/// <summary>
/// Logs each read once that takes longer than <see cref="DirectIoFileOptions.AioTimeout"/>, as nginx's "aio operation took too long" does.
/// It does nothing else, because the kernel uses the buffer until the read completes. One timer checks all reads, so that reads need no
/// timers.
/// </summary>
internal sealed class OverdueReads : IDisposable
{
    private static readonly TimeSpan LongestPeriod = TimeSpan.FromSeconds(15), ShortestPeriod = TimeSpan.FromMilliseconds(10);

    private readonly FileRuntime _runtime;
    private readonly TimeSpan _timeout;
    private readonly ILogger _logger;
    private readonly ITimer _timer;

    public OverdueReads(FileRuntime runtime, TimeSpan timeout, TimeProvider time, ILogger logger)
    {
        (_runtime, _timeout, _logger) = (runtime, timeout, logger);
        // A read is therefore logged at most a quarter of the timeout late.
        TimeSpan period = TimeSpan.FromTicks(Math.Clamp(timeout.Ticks / 4, ShortestPeriod.Ticks, LongestPeriod.Ticks));
        _timer = time.CreateTimer(static state => ((OverdueReads)state!).Check(), this, period, period);
    }

    private void Check()
    {
        Check(_runtime.Engine.Reads);
        if (!ReferenceEquals(_runtime.Engine, _runtime.Threads))
        {
            Check(_runtime.Threads.Reads);
        }
    }

    private void Check(InFlightReads reads)
    {
        for (int place = 0; place < InFlightReads.Count; place++)
        {
            if (reads[place] is not { IsReported: false } read)
            {
                continue;
            }

            long started = read.Started;
            TimeSpan taken = Stopwatch.GetElapsedTime(started);
            if (taken < _timeout)
            {
                continue;
            }

            (string? name, long offset, string? engine) = (NameOf(read.Descriptor), read.Offset, read.EngineName);
            // It is still the same read. So its descriptor was open all the time, and the name belongs to its file.
            if (!ReferenceEquals(reads[place], read) || read.Started != started || !read.TryReport())
            {
                continue;
            }

            FileMetrics.ReadOverdue(engine);
            _logger.ReadOverdue(name, offset, engine, taken);
        }
    }

    private static string NameOf(int descriptor)
    {
        try
        {
            return new FileInfo($"/proc/self/fd/{descriptor}").LinkTarget ?? $"descriptor {descriptor}";
        }
        catch (Exception closed) when (closed is IOException or UnauthorizedAccessException)
        {
            return $"descriptor {descriptor}";
        }
    }

    public void Dispose() => _timer.Dispose();
}
