using FileAio.Diagnostics;
using FileAio.Interop;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace FileAio.Sending;

/// <summary>
/// nginx's send_timeout: ends a response whose client takes nothing for so long. A flush tells only that all of a buffer was taken, which a
/// slow client may need minutes for: so the socket is asked what the peer has acknowledged. Where there is no TCP socket to ask, a flush
/// must end within the time. The timer is made when a flush first has to wait, looks four times within the timeout, and is left running
/// between flushes: so a flush that waits costs a timestamp and a lock nobody else wants.
/// </summary>
internal sealed class SendTimer(TimeSpan timeout, HttpContext context, string path, TimeProvider time, ILogger logger) : IDisposable
{
    private static readonly TimeSpan ShortestPeriod = TimeSpan.FromMilliseconds(10);

    // Held while the response is aborted too: it must not end meanwhile, and its context serve another request.
    private readonly Lock _gate = new();
    private IConnectionSocketFeature? _socket;
    private ITimer? _timer;
    private bool _waiting;
    private long _since, _acknowledged = -1;

    /// <summary>A flush has to wait.</summary>
    public void Begin()
    {
        lock (_gate)
        {
            _waiting = true;
            _since = time.GetTimestamp();
            if (_timer is not null)
            {
                return;
            }

            _socket = context.Features.Get<IConnectionSocketFeature>();
            TimeSpan period = TimeSpan.FromTicks(Math.Max(timeout.Ticks / 4, ShortestPeriod.Ticks));
            _timer = time.CreateTimer(static state => ((SendTimer)state!).Look(), this, period, period);
        }
    }

    /// <summary>It waits no more.</summary>
    public void End()
    {
        lock (_gate)
        {
            _waiting = false;
        }
    }

    private void Look()
    {
        if (TryAbort())
        {
            logger.ClientStalled(path, timeout); // outside the lock, which the engine's thread takes
        }
    }

    private bool TryAbort()
    {
        lock (_gate)
        {
            if (!_waiting)
            {
                return false;
            }

            if (HasProgressed())
            {
                _since = time.GetTimestamp();
            }

            if (time.GetElapsedTime(_since) < timeout)
            {
                return false;
            }

            _waiting = false;
            context.Abort();
            return true;
        }
    }

    private bool HasProgressed()
    {
        long now;
        try
        {
            now = _socket is null ? -1 : Libc.BytesAcknowledged(_socket.Socket);
        }
        catch (ObjectDisposedException)
        {
            return false; // the connection is closed, and the flush about to end
        }
        bool progressed = now != _acknowledged;
        _acknowledged = now;
        return progressed;
    }

    public void Dispose()
    {
        lock (_gate)
        {
            _waiting = false;
            _timer?.Dispose();
        }
    }
}
