namespace FileAio.Sending;

/// <summary>Limits the bytes per second of one response, as nginx's limit_rate does. No buffer is held while it waits.</summary>
internal sealed class RateLimit(long bytesPerSecond, long after, TimeProvider time)
{
    private readonly long _started = time.GetTimestamp();
    private long _sent;

    /// <summary>Returns how much to send at a time: a quarter of a second, in whole pages, so that the rate is even.</summary>
    public int Chunk(int most) => (int)Math.Min(most, ((bytesPerSecond / 4) + 4095) & ~4095L);

    /// <summary>Counts sent bytes, and waits until they are due.</summary>
    public async ValueTask SentAsync(long bytes, CancellationToken cancellation)
    {
        _sent += bytes;
        TimeSpan due = TimeSpan.FromSeconds(Math.Max(0, _sent - after) / (double)bytesPerSecond);
        TimeSpan wait = due - time.GetElapsedTime(_started);
        if (wait > TimeSpan.Zero)
        {
            await Task.Delay(wait, time, cancellation).ConfigureAwait(false);
        }
    }
}
