using System.IO.Pipelines;
using Microsoft.AspNetCore.Http;

namespace FileAio.Sending;

/// <summary>
/// The pipe of one response, as whoever wraps responses (compression, for one) lets us see it. Started late, so that what fails before the first byte
/// can still be told with a status; flushed after every buffer, so that the client's pace is ours.
/// </summary>
internal sealed class ResponseBody(HttpResponse response, RateLimit? limit)
{
    /// <summary>Null where the response may go as fast as the client takes it.</summary>
    public RateLimit? Limit => limit;

    public PipeWriter Writer => response.BodyWriter;

    /// <summary>Sends the header with the first bytes. Memory asked for from then on is the transport's own, and not copied again.</summary>
    public ValueTask StartAsync() => response.HasStarted ? default : new ValueTask(response.StartAsync());

    public async ValueTask WriteAsync(ReadOnlyMemory<byte> bytes)
    {
        await StartAsync().ConfigureAwait(false);
        // In one piece: a send of one long segment costs less than one of 32 blocks of 4 KiB.
        bytes.Span.CopyTo(Writer.GetSpan(bytes.Length));
        Writer.Advance(bytes.Length);
    }

    /// <summary>Waits until the client has taken enough for more to be read; false where there is no client any more.</summary>
    public async ValueTask<bool> FlushAsync(long justWritten)
    {
        var flushed = await Writer.FlushAsync().ConfigureAwait(false);
        if (flushed.IsCompleted || flushed.IsCanceled)
            return false;
        if (limit is not null)
            await limit.SentAsync(justWritten, response.HttpContext.RequestAborted).ConfigureAwait(false);
        return true;
    }
}
