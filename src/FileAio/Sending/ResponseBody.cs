using System.Buffers;
using System.IO.Pipelines;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace FileAio.Sending;

/// <summary>
/// The pipe of one response, as whoever wraps responses (compression, for one) lets us see it. Started late, so that what fails before the
/// first byte can still be told with a status; flushed after every buffer, so that the client's pace is ours.
/// </summary>
internal sealed class ResponseBody(HttpResponse response, RateLimit? limit, FileServing serving, string path) : IDisposable
{
    // Arrays that the garbage collector takes back cheaply.
    private const int SmallPiece = 16 * 1024;

    private PipePiece _piece;
    private SendTimer? _timer;

    /// <summary>Null where the response may go as fast as the client takes it.</summary>
    public RateLimit? Limit => limit;

    public PipeWriter Writer => response.BodyWriter;

    /// <summary>Reads and flushes go on on the engine's thread.</summary>
    public bool IsInline { get; } = MayBeInline(response.HttpContext, serving.Options);

    /// <summary>
    /// Lets others have the thread: neither a read from the page cache nor a flush that the socket takes at once has given it up.
    /// </summary>
    public Yield YieldAsync() => new(IsInline ? serving.Runtime.Context : null);

    /// <summary>
    /// Sends the header with the first bytes. Memory asked for from then on is the transport's own, and not copied again.
    /// </summary>
    public ValueTask StartAsync() => response.HasStarted ? default : StartNowAsync();

    public async ValueTask WriteAsync(ReadOnlyMemory<byte> bytes)
    {
        await StartAsync().ConfigureAwait(false);
        if (MayBeOnePiece(bytes.Length))
        {
            bytes.Span.CopyTo(Writer.GetSpan(bytes.Length));
            Writer.Advance(bytes.Length);
        }
        else
        {
            Writer.Write(bytes.Span);
        }
    }

    /// <summary>Room in the pipe for <paramref name="want"/> bytes, or for as many as can be had without a large object.</summary>
    public Span<byte> GetSpan(int want)
    {
        int length = MayBeOnePiece(want) ? want : SmallPiece;
        return Writer.GetSpan(length)[..length];
    }

    /// <summary>Waits until the client has taken enough for more to be read; false where there is no client any more.</summary>
    public async ValueTask<bool> FlushAsync(long justWritten)
    {
        ValueTask<FlushResult> flush = StartFlush();
        SendTimer? watched = flush.IsCompleted ? null : Timer();
        watched?.Begin();
        FlushResult flushed;
        try
        {
            flushed = await flush.ConfigureAwait(false);
        }
        finally
        {
            watched?.End();
            _piece.Release();
        }
        if (flushed.IsCompleted || flushed.IsCanceled)
        {
            return false;
        }

        if (limit is not null)
        {
            await limit.SentAsync(justWritten, response.HttpContext.RequestAborted).ConfigureAwait(false);
        }

        return true;
    }

    /// <summary>To be called when nothing more will be written, however that came about.</summary>
    public void Dispose()
    {
        _piece.Release();
        _timer?.Dispose();
    }

    /// <summary>Callbacks that wait for the start (OnStarting) are the application's.</summary>
    private async ValueTask StartNowAsync()
    {
        await new LeaveEngine();
        await response.StartAsync().ConfigureAwait(false);
    }

    private ValueTask<FlushResult> StartFlush()
    {
        if (!IsInline)
        {
            return Writer.FlushAsync();
        }

        SynchronizationContext? outer = SynchronizationContext.Current;
        SynchronizationContext.SetSynchronizationContext(serving.Runtime.Context);
        try
        {
            return Writer.FlushAsync();
        }
        finally
        {
            SynchronizationContext.SetSynchronizationContext(outer);
        }
    }

    /// <summary>
    /// By default where nothing slow is between here and the socket: no TLS, no framing of HTTP/2, nobody who has wrapped the body
    /// (compression) or the connection (connection middleware).
    /// </summary>
    private static bool MayBeInline(HttpContext context, DirectIoFileOptions options) => options.Aio != AioMode.Off
        && (options.InlineCompletions ?? (context.Features.Get<ITlsHandshakeFeature>() is null && context.Request.Protocol.StartsWith("HTTP/1", StringComparison.Ordinal)
            && ReferenceEquals(context.Features.Get<IHttpResponseBodyFeature>(), context.Features.Get<IHttpResponseFeature>())
            && IsUnwrapped(context.Features.Get<IConnectionTransportFeature>())));

    /// <summary>A transport's connection has a pipe of its own assembly, until connection middleware puts another in its place.</summary>
    private static bool IsUnwrapped(IConnectionTransportFeature? connection) =>
        connection is not null && connection.Transport.GetType().Assembly == connection.GetType().Assembly;

    private bool MayBeOnePiece(int length) => length <= SmallPiece || _piece.TryTake();

    /// <summary>Made by the first flush that has to wait: most responses have none.</summary>
    private SendTimer? Timer() => serving.Options.SendTimeout <= TimeSpan.Zero
        ? null
        : _timer ??= new SendTimer(serving.Options.SendTimeout, response.HttpContext, path, serving.Time, serving.Logger);
}
