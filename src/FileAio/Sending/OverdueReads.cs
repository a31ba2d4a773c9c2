using System.Diagnostics;
using FileAio.Diagnostics;
using FileAio.Engines;
using Microsoft.Extensions.Logging;

namespace FileAio.Sending;

/// <summary>
/// nginx's "aio operation took too long": tells once of each read that takes longer than <see cref="DirectIoFileOptions.AioTimeout"/>. That
/// is all it does: the buffer is the kernel's until the read completes. Reads carry no timers; one timer looks them over.
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
        // So a read is told of when it has taken a quarter longer, at most.
        TimeSpan period = TimeSpan.FromTicks(Math.Clamp(timeout.Ticks / 4, ShortestPeriod.Ticks, LongestPeriod.Ticks));
        _timer = time.CreateTimer(static state => ((OverdueReads)state!).Look(), this, period, period);
    }

    private void Look()
    {
        Look(_runtime.Engine.Reads);
        if (!ReferenceEquals(_runtime.Engine, _runtime.Threads))
        {
            Look(_runtime.Threads.Reads);
        }
    }

    private void Look(InFlightReads reads)
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
            // Still that read: so the descriptor was open all the while, and the name is its file's.
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
