using System.Buffers;
using System.IO.Pipelines;
using FileAio.Engines;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Win32.SafeHandles;
using Transport.Core.Features;

namespace FileAio.Sending;

/// <summary>
/// The pipe of one response, as whoever wraps responses (compression, for one) lets us see it. Started late, so that what fails before the
/// first byte can still be told with a status; flushed after every buffer, so that the client's pace is ours. All bytes of the response
/// pass here and are counted, part headers of a multipart body too.
/// </summary>
internal sealed class ResponseBody(HttpResponse response, RateLimit? limit, FileServing serving, string path) : IDisposable
{
    // Arrays that the garbage collector takes back cheaply.
    private const int SmallPiece = 16 * 1024;

    // A fast client of a cached file would otherwise have the thread (a loop's, a worker's, the engine's) to itself. h2o gives a response
    // as much of a turn.
    private const long Share = 1 << 20;

    private ResponseDataRate _rate = new(response.HttpContext);
    private PipePiece _piece;
    private SendTimer? _timer;
    private EngineContext? _engine;
    private long _sinceYield;

    /// <summary>Null where the response may go as fast as the client takes it.</summary>
    public RateLimit? Limit => limit;

    /// <summary>Bytes of an output buffer, fewer where the response has a rate.</summary>
    public int ChunkSize { get; } = limit?.Chunk(serving.Options.OutputBuffers.Size) ?? serving.Options.OutputBuffers.Size;

    /// <summary>Bytes written since the last flush.</summary>
    public long Unflushed { get; private set; }

    /// <summary>Reads and flushes go on on the engine's thread.</summary>
    public bool IsInline { get; } = MayBeInline(response.HttpContext, serving.Options);

    /// <summary>The connection's engine.</summary>
    public EngineContext Engine => _engine ??= serving.Runtime.EngineOf(response.HttpContext.Features);

    /// <summary>
    /// The transport's way to send file ranges, where nothing is between here and the socket; null once it has declined, for one.
    /// </summary>
    public ISendFileFeature? SendFile { get; private set; } = serving.Options.SendFile != SendFileMode.Off && IsPlain(response.HttpContext)
        ? response.HttpContext.Features.Get<ISendFileFeature>() : null;

    private PipeWriter Writer => response.BodyWriter;

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
            Advance(bytes.Length);
        }
        else
        {
            Writer.Write(bytes.Span);
            Unflushed += bytes.Length;
        }
    }

    public Memory<byte> GetMemory(int length) => Writer.GetMemory(length);

    /// <summary>Room in the pipe for <paramref name="want"/> bytes, or for as many as can be had without a large object.</summary>
    public Span<byte> GetSpan(int want)
    {
        int length = MayBeOnePiece(want) ? want : SmallPiece;
        return Writer.GetSpan(length)[..length];
    }

    public void Advance(int bytes)
    {
        Writer.Advance(bytes);
        Unflushed += bytes;
    }

    /// <summary>Has the kernel send bytes of a file in their place; false, and never again, where it cannot. The response has started.</summary>
    public bool TryAppend(SafeFileHandle file, long offset, int count)
    {
        if (SendFile?.TryAppend(Writer, file, offset, count) != true)
        {
            SendFile = null;
            return false;
        }

        Unflushed += count;
        return true;
    }

    /// <summary>
    /// Waits until the client has taken enough for more to be read; false where there is no client any more.
    /// </summary>
    /// <param name="isLast">Nothing more is written.</param>
    /// <param name="whileWaiting">Called when the flush has waited for a while, on another thread; only where clients are watched.</param>
    /// <param name="mayBeInline">What follows needs the engine: it goes on there, where <see cref="IsInline"/>.</param>
    public async ValueTask<bool> FlushAsync(bool isLast = false, Action? whileWaiting = null, bool mayBeInline = true)
    {
        long bytes = Unflushed;
        Unflushed = 0;
        _rate.BeforeFlush(isLast);
        ValueTask<FlushResult> flush = StartFlush(mayBeInline && IsInline);
        SendTimer? watched = flush.IsCompleted ? null : Timer();
        watched?.Begin(whileWaiting);
        FlushResult flushed;
        try
        {
            flushed = await flush.ConfigureAwait(false);
        }
        finally
        {
            watched?.End(bytes);
            _piece.Release();
        }
        if (flushed.IsCompleted || flushed.IsCanceled)
        {
            return false;
        }

        if (isLast)
        {
            _timer?.Drain(ResponseDataRate.AppliesTo(response.HttpContext));
            _timer = null;
        }
        else if (limit is not null)
        {
            await limit.SentAsync(bytes, response.HttpContext.RequestAborted).ConfigureAwait(false);
        }

        _sinceYield += bytes;
        return true;
    }

    /// <summary>
    /// Lets others have the thread after every MiB: neither a read from the page cache nor a flush that the socket takes at once has given
    /// it up.
    /// </summary>
    /// <param name="mayBeInline">What follows needs the engine.</param>
    public async ValueTask TakeTurnsAsync(bool mayBeInline = true)
    {
        if (_sinceYield >= Share)
        {
            _sinceYield = 0;
            await new Yield(IsInline && mayBeInline ? Engine : null);
        }
    }

    /// <summary>To be called when nothing more will be written, however that came about.</summary>
    public void Dispose()
    {
        _piece.Release();
        _rate.Restore();
        _timer?.Dispose();
    }

    /// <summary>Callbacks that wait for the start (OnStarting) are the application's.</summary>
    private async ValueTask StartNowAsync()
    {
        await new LeaveEngine();
        await response.StartAsync().ConfigureAwait(false);
    }

    private ValueTask<FlushResult> StartFlush(bool isInline)
    {
        if (!isInline)
        {
            return Writer.FlushAsync();
        }

        SynchronizationContext? outer = SynchronizationContext.Current;
        SynchronizationContext.SetSynchronizationContext(Engine);
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
        && (options.InlineCompletions ?? IsPlain(context));

    private static bool IsPlain(HttpContext context) => context.Features.Get<ITlsHandshakeFeature>() is null
        && context.Request.Protocol.StartsWith("HTTP/1", StringComparison.Ordinal)
        && IsServers(context.Features.Get<IHttpResponseBodyFeature>(), context.Features.Get<IHttpResponseFeature>())
        && IsUnwrapped(context.Features.Get<IConnectionTransportFeature>());

    /// <summary>Kestrel's own body, or the one that our transports put directly before it.</summary>
    private static bool IsServers(IHttpResponseBodyFeature? body, IHttpResponseFeature? response) =>
        ReferenceEquals(body, response) || body?.GetType().Assembly == typeof(ISendFileFeature).Assembly;

    /// <summary>A transport's connection has a pipe of its own assembly, until connection middleware puts another in its place.</summary>
    private static bool IsUnwrapped(IConnectionTransportFeature? connection) =>
        connection is not null && connection.Transport.GetType().Assembly == connection.GetType().Assembly;

    private bool MayBeOnePiece(int length) => length <= SmallPiece || _piece.TryTake();

    /// <summary>Made by the first flush that has to wait: most responses have none.</summary>
    private SendTimer? Timer()
    {
        TimeSpan timeout = serving.Options.SendTimeout;
        if (_timer is null && (timeout > TimeSpan.Zero || _rate.Minimum is not null))
        {
            _timer = new SendTimer(timeout, _rate.Minimum, response.HttpContext, path, serving.Time, serving.Logger);
        }

        return _timer;
    }
}
