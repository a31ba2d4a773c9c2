using FileAio.Diagnostics;
using FileAio.Interop;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.Logging;

namespace FileAio.Sending;

/// <summary>
/// Aborts a response whose client receives nothing, or too little: nginx's send_timeout and Kestrel's minimum response data rate.
/// </summary>
/// <remarks>
/// A flush completes only after a whole buffer, which a slow client may need minutes for. So the bytes that the peer has acknowledged are
/// read from the socket. Without a TCP socket, a flush must complete within the timeout.
/// <para>The timer is created when a flush first waits. It fires four times within the timeout, and at least every 5 s. It keeps running
/// between flushes, so a flush that waits costs a timestamp and an uncontended lock.</para>
/// </remarks>
internal sealed class SendTimer : IDisposable
{
    private static readonly TimeSpan ShortestPeriod = TimeSpan.FromMilliseconds(10), LongestPeriod = TimeSpan.FromSeconds(5);

    // Also held while the response is aborted. Otherwise the response could complete meanwhile, and its context serve another request.
    private readonly Lock _gate = new();
    private readonly ClientProgress _progress;
    private readonly TimeSpan _timeout;
    private readonly string _path;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly IConnectionSocketFeature? _socket;
    private readonly ITimer _timer;
    private HttpContext? _context;
    private IConnectionLifetimeFeature? _draining;
    private Action? _whileWaiting;
    private bool _waiting, _hasWaitedLong;
    private long _mark;

    public SendTimer(TimeSpan timeout, MinDataRate? minimum, HttpContext context, string path, TimeProvider time, ILogger logger)
    {
        (_timeout, _context, _path, _time, _logger) = (timeout, context, path, time, logger);
        _progress = new ClientProgress(timeout, minimum?.BytesPerSecond, minimum?.GracePeriod ?? TimeSpan.Zero);
        _socket = context.Features.Get<IConnectionSocketFeature>();
        long ticks = timeout > TimeSpan.Zero ? timeout.Ticks / 4 : long.MaxValue;
        TimeSpan period = TimeSpan.FromTicks(Math.Clamp(ticks, ShortestPeriod.Ticks, LongestPeriod.Ticks));
        _timer = time.CreateTimer(static state => ((SendTimer)state!).Check(), this, period, period);
    }

    /// <summary>Notes that a flush starts to wait.</summary>
    /// <param name="whileWaiting">Called on a timer thread after the flush has waited for a while.</param>
    public void Begin(Action? whileWaiting)
    {
        lock (_gate)
        {
            _waiting = true;
            _whileWaiting = whileWaiting;
            _mark = _time.GetTimestamp();
            _progress.Flushing();
        }
    }

    /// <summary>Notes that the flush has completed.</summary>
    public void End(long bytes)
    {
        lock (_gate)
        {
            if (!_waiting)
            {
                return;
            }

            _waiting = false;
            _whileWaiting = null;
            _progress.Waited(_time.GetElapsedTime(_mark));
            if (_socket is null)
            {
                _progress.Flushed(bytes);
            }
        }
    }

    /// <summary>
    /// Watches the end of the response after all bytes are written, if its client was slow, until the kernel's send buffer is empty. The
    /// request is complete by then, so the connection is aborted instead.
    /// </summary>
    /// <param name="isOnlyResponse">Whether the connection has no other response at the time.</param>
    public void Drain(bool isOnlyResponse)
    {
        lock (_gate)
        {
            if (isOnlyResponse && _context is { } context && _hasWaitedLong && _socket is not null && !_waiting
                && context.Features.Get<IConnectionLifetimeFeature>() is { } connection)
            {
                (_context, _draining, _waiting, _mark) = (null, connection, true, _time.GetTimestamp());
                return;
            }
        }

        Dispose();
    }

    private void Check()
    {
        Action? whileWaiting;
        lock (_gate)
        {
            if (!_waiting)
            {
                return;
            }

            _hasWaitedLong = true;
            _progress.Waited(_time.GetElapsedTime(_mark));
            _mark = _time.GetTimestamp();
            long segment = 0;
            if (TryGetTcpInfo(out Libc.tcp_info info))
            {
                _progress.Acknowledged((long)info.tcpi_bytes_acked);
                segment = info.tcpi_snd_mss;
            }
            else if (_draining is not null)
            {
                End();
                return;
            }

            if (_draining is not null && info is { tcpi_unacked: 0, tcpi_notsent_bytes: 0 })
            {
                End();
                return;
            }

            ClientState state = _progress.State(segment);
            if (state == ClientState.Reading)
            {
                whileWaiting = _whileWaiting;
            }
            else
            {
                Abort(state);
                return;
            }
        }

        whileWaiting?.Invoke();
    }

    private void Abort(ClientState state)
    {
        if (state == ClientState.Stalled)
        {
            _logger.ClientStalled(_path, _timeout);
        }
        else
        {
            _logger.ClientTooSlow(_path);
        }

        HttpContext? context = _context;
        IConnectionLifetimeFeature? connection = _draining;
        End();
        context?.Abort();
        connection?.Abort();
    }

    private bool TryGetTcpInfo(out Libc.tcp_info info)
    {
        info = default;
        try
        {
            return _socket is not null && Libc.TryGetTcpInfo(_socket.Socket, out info);
        }
        catch (ObjectDisposedException)
        {
            return false; // the connection is closed, and the flush is about to complete
        }
    }

    private void End()
    {
        (_waiting, _context, _draining, _whileWaiting) = (false, null, null, null);
        _timer.Dispose();
    }

    public void Dispose()
    {
        lock (_gate)
        {
            End();
        }
    }
}
