using System.Buffers;
using System.IO.Pipelines;
using FileAio.Composition;
using FileAio.Engines;
using FileAio.Threads;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Win32.SafeHandles;
using Transport.Core.Features;

namespace FileAio.Sending;

/// <summary>
/// The pipe of one response, as wrapped by middleware such as compression. It is started late, so that a failure before the first byte can
/// still set a status. It is flushed after every buffer, so that reads follow the client's pace. All bytes of the response are counted
/// here, including the part headers of a multipart body.
/// </summary>
internal sealed class ResponseBody(HttpResponse response, RateLimit? limit, FileServing serving, string path) : IDisposable
{
    // Arrays of this size are cheap for the garbage collector.
    private const int SmallPiece = 16 * 1024;

    // The fairness limit: a fast client of a cached file would otherwise occupy the thread (of a loop, a worker or an engine). h2o uses the
    // same limit.
    private const long FairnessLimit = 1 << 20;

    private ResponseDataRate _rate = new(response.HttpContext);
    private PipePiece _piece;
    private SendTimer? _timer;
    private EngineContext? _engine;
    private ISendFileFeature? _sendFile;
    private bool _refusesSendFile;
    private bool? _isPlain;
    private long _sinceYield;

    /// <summary>The rate limit; null for none.</summary>
    public RateLimit? Limit => limit;

    /// <summary>The size of an output buffer in bytes; smaller if the response has a rate limit.</summary>
    public int ChunkSize { get; } = limit?.Chunk(serving.Options.OutputBuffers.Size) ?? serving.Options.OutputBuffers.Size;

    /// <summary>The number of bytes written since the last flush.</summary>
    public long Unflushed { get; private set; }

    /// <summary>Whether reads and flushes continue on the engine thread. By default it is true if the response is plain.</summary>
    public bool IsInline => serving.Options.Aio != AioMode.Off && (serving.Options.InlineCompletions ?? IsPlain);

    /// <summary>The connection's engine.</summary>
    public EngineContext Engine => _engine ??= serving.Runtime.EngineOf(response.HttpContext.Features);

    /// <summary>
    /// The transport's feature that sends file ranges, if nothing wraps the body or connection. Null after it has declined once.
    /// </summary>
    public ISendFileFeature? SendFile
    {
        get => _refusesSendFile || serving.Options.SendFile == SendFileMode.Off || !IsPlain ? null
            : _sendFile ??= response.HttpContext.Features.Get<ISendFileFeature>();
        private set => (_sendFile, _refusesSendFile) = (value, value is null);
    }

    private PipeWriter Writer => response.BodyWriter;

    /// <summary>
    /// Starts the response; the header is sent with the first bytes. Memory requested afterwards is the transport's own and is not copied
    /// again.
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

    /// <summary>Returns <paramref name="want"/> bytes of pipe memory, or as many as are available without a large object.</summary>
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

    /// <summary>
    /// Sends bytes of the file through the kernel. Returns false if that is not possible, and always from then on. The response has
    /// started.
    /// </summary>
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

    /// <summary>Waits until the client has received enough for the next read. Returns false if the client has disconnected.</summary>
    /// <param name="isLast">Whether nothing more is written.</param>
    /// <param name="whileWaiting">Called on another thread after the flush has waited for a while, if there is a send timer.</param>
    /// <param name="mayBeInline">
    /// Whether the continuation needs the engine. It runs on its thread if <see cref="IsInline"/> is true.
    /// </param>
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
    /// Yields the thread after every MiB. Neither a read from the page cache nor a flush that the socket accepts at once yields it.
    /// </summary>
    /// <param name="mayBeInline">Whether the continuation needs the engine.</param>
    public async ValueTask YieldAtLimitAsync(bool mayBeInline = true)
    {
        if (_sinceYield >= FairnessLimit)
        {
            _sinceYield = 0;
            await new Yield(IsInline && mayBeInline ? Engine : null);
        }
    }

    /// <summary>Ends the body. Called when nothing more is written, for whatever reason.</summary>
    public void Dispose()
    {
        _piece.Release();
        _rate.Restore();
        _timer?.Dispose();
    }

    /// <summary>Starts the response off the engine thread, because OnStarting callbacks are application code.</summary>
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
    /// Returns whether nothing slow wraps the body or connection: no TLS, no HTTP/2, no body wrapper (compression), no connection
    /// middleware.
    /// </summary>
    private bool IsPlain => _isPlain ??= IsPlainResponse(response.HttpContext);

    private static bool IsPlainResponse(HttpContext context) => context.Features.Get<ITlsHandshakeFeature>() is null
        && context.Request.Protocol.StartsWith("HTTP/1", StringComparison.Ordinal)
        && IsServers(context.Features.Get<IHttpResponseBodyFeature>(), context.Features.Get<IHttpResponseFeature>())
        && IsUnwrapped(context.Features.Get<IConnectionTransportFeature>());

    /// <summary>Returns whether the body is Kestrel's own, or that of a transport of this project directly before it.</summary>
    private static bool IsServers(IHttpResponseBodyFeature? body, IHttpResponseFeature? response) =>
        ReferenceEquals(body, response) || body?.GetType().Assembly == typeof(ISendFileFeature).Assembly;

    /// <summary>Returns whether the connection has the pipe of a transport of this project. Connection middleware replaces it.</summary>
    private static bool IsUnwrapped(IConnectionTransportFeature? connection) =>
        connection is not null && connection.Transport.GetType().Assembly == connection.GetType().Assembly;

    private bool MayBeOnePiece(int length) => length <= SmallPiece || _piece.TryTake();

    /// <summary>Created by the first flush that has to wait; most responses have none.</summary>
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
