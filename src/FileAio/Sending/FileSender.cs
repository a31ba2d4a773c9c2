using FileAio.Composition;
using FileAio.Diagnostics;
using FileAio.Files;
using FileAio.Http;
using FileAio.Reading;
using FileAio.Threads;
using Microsoft.AspNetCore.Http;

namespace FileAio.Sending;

/// <summary>
/// Sends ranges of one file as the body of one response. Reads go into the response pipe, or are copied to it. Each flush waits for the
/// client.
/// </summary>
internal sealed class FileSender : IDisposable
{
    private readonly HttpContext _context;
    private readonly OpenedFile _file;
    private readonly FileServing _serving;
    private readonly ResponseBody _body;
    private SharedReader? _shared;
    private bool _hasEntered;
    private ByteRange _range;

    public FileSender(HttpContext context, OpenedFile file, FileServing serving)
    {
        (_context, _file, _serving) = (context, file, serving);
        long rate = serving.Options.LimitRateOf?.Invoke(context) ?? serving.Options.LimitRate;
        RateLimit? limit = rate > 0 ? new RateLimit(rate, serving.Options.LimitRateAfter, serving.Time) : null;
        _body = new ResponseBody(context.Response, limit, serving, file.Path);
    }

    public void Dispose()
    {
        _body.Dispose();
        _shared?.Dispose();
    }

    /// <summary>Sends one range. Never returns on an engine thread.</summary>
    public async Task SendAsync(ByteRange range)
    {
        if (range.Length == 0)
        {
            return;
        }

        try
        {
            bool isSmall = range.Length <= KernelSender.MostRead && _file.Size < _serving.DirectIoThreshold;
            ByteRange rest = isSmall ? await ReadSmallAsync(range).ConfigureAwait(false) : range;
            if (rest.Length == 0
                || await ConcludeAsync(await SendRangeAsync(rest).ConfigureAwait(false), range.End).ConfigureAwait(false))
            {
                await _body.FlushAsync(isLast: true, mayBeInline: !isSmall).ConfigureAwait(false);
            }
        }
        finally
        {
            await new LeaveEngine();
        }
    }

    public async Task SendAsync(List<ByteRange> ranges, MultipartByteRanges frame)
    {
        try
        {
            if (await SendPartsAsync(ranges, frame).ConfigureAwait(false))
            {
                await _body.WriteAsync(frame.Tail).ConfigureAwait(false);
                await _body.FlushAsync(isLast: true).ConfigureAwait(false);
            }
        }
        finally
        {
            await new LeaveEngine();
        }
    }

    /// <summary>Reads a small range into the pipe, if it is cached: the usual case of a small file. Returns the rest.</summary>
    private async ValueTask<ByteRange> ReadSmallAsync(ByteRange range)
    {
        if (_file.IsCold || _body.ChunkSize < range.Length || !new CachedReader(_file, _serving.Options.Aio == AioMode.Off).CanRead)
        {
            return range;
        }

        await _body.StartAsync().ConfigureAwait(false);
        return range with { Start = range.Start + ReadNow(range) };
    }

    /// <summary>Returns the number of bytes; 0 if the read fails or would wait.</summary>
    private long ReadNow(ByteRange range)
    {
        SysResult read = new CachedReader(_file, _serving.Options.Aio == AioMode.Off)
            .Read(_body.GetSpan((int)range.Length), range.Start);
        if (read.Value <= 0)
        {
            return 0;
        }

        _body.Advance((int)read.Value);
        return read.Value;
    }

    /// <summary>
    /// Sends the parts, and flushes before a part that would exceed one unflushed output buffer. The memory of a request therefore does not
    /// grow with its ranges, and small parts are flushed together.
    /// </summary>
    private async ValueTask<bool> SendPartsAsync(List<ByteRange> ranges, MultipartByteRanges frame)
    {
        for (int i = 0; i < ranges.Count; i++)
        {
            ReadOnlyMemory<byte> head = frame.Head(i);
            if (_body.Unflushed > 0 && _body.Unflushed + head.Length + ranges[i].Length > _body.ChunkSize
                && !await FlushPartAsync().ConfigureAwait(false))
            {
                return false;
            }

            await _body.WriteAsync(head).ConfigureAwait(false);
            if (!await ConcludeAsync(await SendRangeAsync(ranges[i]).ConfigureAwait(false), ranges[i].End).ConfigureAwait(false))
            {
                return false;
            }
        }
        return true;
    }

    private async ValueTask<bool> FlushPartAsync()
    {
        try
        {
            if (await _body.FlushAsync().ConfigureAwait(false))
            {
                await _body.YieldAtLimitAsync().ConfigureAwait(false);
                return true;
            }
        }
        catch (OperationCanceledException)
        {
            // The client disconnected while the response waited for its rate limit.
        }

        _context.Abort();
        return false;
    }

    private async ValueTask<SendOutcome> SendRangeAsync(ByteRange range)
    {
        _range = range;
        _shared?.Begin(range.Start, range.End);
        bool isDirect = _file.Size >= _serving.DirectIoThreshold;
        if (range.Length <= KernelSender.MostRead || _body.SendFile is null || (isDirect && _serving.Options.SendFile == SendFileMode.On))
        {
            return await ReadRangeAsync(range).ConfigureAwait(false);
        }

        KernelSender kernel = new(_file, _serving, _body);
        for (long cold = KernelSender.FirstCold; ; cold = Math.Min(cold * 2, KernelSender.MostCold))
        {
            SendOutcome outcome = await kernel.SendAsync(range).ConfigureAwait(false);
            if (outcome.End != SendEnd.NotCached)
            {
                return outcome;
            }

            long end = _body.SendFile is null ? range.End : Math.Min(range.End, outcome.Position + cold);
            outcome = await ReadRangeAsync(new ByteRange(outcome.Position, end)).ConfigureAwait(false);
            if (outcome.End != SendEnd.Sent || end == range.End)
            {
                return outcome;
            }

            try
            {
                if (!await _body.FlushAsync().ConfigureAwait(false))
                {
                    return new SendOutcome(SendEnd.ClientGone, end);
                }
            }
            catch (OperationCanceledException)
            {
                return new SendOutcome(SendEnd.ClientGone, end);
            }

            range = range with { Start = end };
        }
    }

    private async ValueTask<SendOutcome> ReadRangeAsync(ByteRange range)
    {
        try
        {
            if (_file.Size >= _serving.DirectIoThreshold && _file.TryGetDirect(_serving.Options.DirectIoAlignment ?? 0, out int direct))
            {
                if (_serving.Options.CacheProbe == CacheProbe.NoWait && _body.SendFile is null)
                {
                    SendOutcome cached = await new CachedSender(_file, _serving, _body, _context)
                        .SendWhatIsCachedAsync(range).ConfigureAwait(false);
                    if (cached.End != SendEnd.NotCached)
                    {
                        return cached;
                    }

                    range = range with { Start = cached.Position };
                }
                SendOutcome outcome = await new DirectSender(_file, direct, _serving, _body, _context, Shared())
                    .SendAsync(range).ConfigureAwait(false);
                if (outcome.End != SendEnd.NotDirect)
                {
                    return outcome;
                }

                _file.RefuseDirect("read: " + outcome.Reason.Describe());
                range = range with { Start = outcome.Position };
            }
            return await new CachedSender(_file, _serving, _body, _context).SendAsync(range).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            return new SendOutcome(SendEnd.ClientGone, range.Start);
        }
    }

    /// <summary>Returns what this response shares with others that read the file; null if it shares nothing.</summary>
    private SharedReader? Shared()
    {
        if (!_hasEntered)
        {
            _hasEntered = true;
            _shared = _serving.Runtime.SharedReads.Enter(_file, _serving.Time.GetUtcNow(), _body.IsInline ? _body.Engine : null);
            _shared?.Begin(_range.Start, _range.End);
        }

        return _shared;
    }

    /// <summary>
    /// Returns whether the response can continue. If the announced bytes cannot be sent, the connection is closed, so that no client
    /// mistakes a part for the whole.
    /// </summary>
    private ValueTask<bool> ConcludeAsync(SendOutcome outcome, long end) =>
        outcome.End == SendEnd.Sent ? new ValueTask<bool>(true) : EndAsync(outcome, end);

    private async ValueTask<bool> EndAsync(SendOutcome outcome, long end)
    {
        // Log providers and abort callbacks are application code.
        await new LeaveEngine();
        switch (outcome.End)
        {
            case SendEnd.Shrank:
                _serving.Logger.FileShrank(_file.Path, outcome.Position, end - outcome.Position);
                break;
            case SendEnd.Failed:
                if (_serving.Throttle.Allows(FileLog.ReadFailedId, outcome.Reason.Errno, out long suppressed))
                {
                    _serving.Logger.ReadFailed(_file.Path, outcome.Position, outcome.Reason.Describe(), suppressed);
                }

                break;
            case SendEnd.Busy:
                _serving.LogBusy(_file.Path, _serving.Options.QueueTimeout);
                break;
        }
        if (_context.Response.HasStarted || outcome.End == SendEnd.ClientGone)
        {
            _context.Abort();
            return false;
        }
        _context.Response.Clear();
        ErrnoStatus.Write(_context.Response, outcome.End switch
        {
            SendEnd.Busy => StatusCodes.Status503ServiceUnavailable,
            SendEnd.Failed when ErrnoStatus.Of(outcome.Reason.Errno, SymlinkPolicy.Off) == StatusCodes.Status503ServiceUnavailable =>
                StatusCodes.Status503ServiceUnavailable,
            _ => StatusCodes.Status500InternalServerError, // the file was opened, so a read error is never a 404
        });
        return false;
    }
}
