using System.Net;
using Transport.Core.Diagnostics;
using Transport.Core.Interop.Sockets;
using Transport.Core.Loops;
using Transport.Core.Loops.Sockets;

namespace Transport.Core.Listening;

/// <summary>
/// Accepts connections on one event loop until it is stopped. Errors of accept4(2) do not end it. It pauses when descriptors or memory have
/// run out (<see cref="DescriptorReserve"/>, EMFILE, ENFILE, ENOMEM, ENOBUFS), and while Kestrel does not take accepted connections.
/// </summary>
internal sealed class AcceptLoop : ILoopResident
{
    /// <summary>The first pause. Each further one without success doubles it, as in Go's net/http.</summary>
    private const int MinimumPauseMilliseconds = 5;

    /// <summary>The longest pause. The backlog still holds the client meanwhile.</summary>
    private const int MaximumPauseMilliseconds = 1000;

    /// <summary>
    /// The minimum time between two log messages. At the limit every closed connection ends a pause and the next client begins one.
    /// </summary>
    private const int LogIntervalMilliseconds = 10_000;

    private readonly EventLoop _loop;
    private readonly int _descriptor;
    private readonly bool _isShared;
    private readonly EndPoint _endPoint;
    private readonly DescriptorReserve _reserve;
    private readonly SocketListener _listener;
    private readonly ListenerCounters _counters;
    private readonly PeerAddress _peer = new();
    private readonly SocketCompletion _pause = new();
    private readonly TaskCompletionSource _started = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private LoopListener? _socket;
    private int _pauseMilliseconds;
    private long _nextPauseLog = long.MinValue;
    private bool _hasLoggedPause;

    /// <param name="loop">The event loop that accepts.</param>
    /// <param name="descriptor">A listening, non-blocking descriptor. The accept loop closes it.</param>
    /// <param name="isShared">Whether other loops accept from the same socket.</param>
    /// <param name="endPoint">The end point, for the log.</param>
    /// <param name="reserve">The descriptors that are not used for connections.</param>
    /// <param name="listener">Receives each accepted descriptor, on the loop's thread.</param>
    public AcceptLoop(EventLoop loop, int descriptor, bool isShared, EndPoint endPoint, DescriptorReserve reserve, SocketListener listener)
    {
        _loop = loop;
        _descriptor = descriptor;
        _isShared = isShared;
        _endPoint = endPoint;
        _reserve = reserve;
        _listener = listener;
        _counters = listener.CountersOf(loop);
    }

    /// <returns>Completes when the loop has registered the socket; fails with the kernel's error if it cannot.</returns>
    public Task StartAsync()
    {
        if (!_loop.TryPost(static self => _ = ((AcceptLoop)self!).RunAsync(), this))
        {
            SocketCalls.Close(_descriptor);
            _ended.SetResult();
            _started.SetException(new IOException($"{_loop.Name} has ended."));
        }

        return _started.Task;
    }

    /// <returns>Completes when no further connection will be handed over and the descriptor is closed.</returns>
    public Task StopAsync()
    {
        // A loop that has ended has closed the socket.
        return _loop.TryPost(static self => ((AcceptLoop)self!).Stop(), this) ? _ended.Task : _loop.Ended;
    }

    private async Task RunAsync()
    {
        try
        {
            _socket = _loop.AttachListener(_descriptor, _isShared);
        }
        catch (Exception exception)
        {
            SocketCalls.Close(_descriptor);
            _started.SetException(exception);
            _ended.SetResult();
            return;
        }

        _loop.AddListener(this);
        _started.SetResult();
        while (true)
        {
            SysResult accepted = await _socket.AcceptAsync(_peer).ConfigureAwait(false);
            if (!accepted.IsError)
            {
                _counters.Accepts++;
                await AcceptedAsync((int)accepted.Value).ConfigureAwait(false);
            }
            else if (accepted.Errno == Errno.ECANCELED)
            {
                break;
            }
            else
            {
                _counters.AcceptErrors++;
                if (IsClientsOwn(accepted.Errno))
                {
                    TransportLog.AcceptError(_loop.Logger, _endPoint, accepted.ToException("accept4").Message);
                }
                else
                {
                    PausedAccepting.Add(this);
                    await PauseAsync(accepted.ToException("accept4").Message).ConfigureAwait(false);
                }
            }
        }

        _loop.RemoveListener(this);
        _ended.SetResult();
    }

    /// <summary>
    /// Hands a connection over when its descriptor is below the reserve. Until then this accept loop holds only that one, and further
    /// clients wait in the backlog.
    /// </summary>
    private async ValueTask AcceptedAsync(int descriptor)
    {
        bool isBelow = !_reserve.Contains(descriptor);
        if (isBelow)
        {
            PauseEnded();
        }

        while (!isBelow)
        {
            PausedAccepting.Add(this);
            (descriptor, isBelow) = _reserve.TryLeave(descriptor);
            if (isBelow || IsStopped)
            {
                // Stopped: the listener still takes the connection, and aborts it with those that Kestrel has not asked for.
                PausedAccepting.Remove(this);
                break;
            }

            await PauseAsync(
                $"{_reserve.Limit - _reserve.Size} of {_reserve.Limit} descriptors are in use, "
                + $"and {_reserve.Size} are reserved (DescriptorReserve)")
                .ConfigureAwait(false);
        }

        HandOver(descriptor);
        while (_listener.HasTooManyUnclaimed && !IsStopped)
        {
            await PauseAsync(_listener.UnclaimedReason).ConfigureAwait(false);
        }
    }

    /// <summary>The socket is closed: <see cref="Stop"/> was called, or the event loop has ended.</summary>
    private bool IsStopped => _socket!.IsClosed;

    /// <summary>Fails the accept loop with its event loop. It accepts no further client, and unbinding does not wait for it.</summary>
    void ILoopResident.Evict(Exception reason) => Stop();

    /// <summary>Handles one client. No error of one client may end the accept loop: Kestrel would wait for connections for ever.</summary>
    private void HandOver(int descriptor)
    {
        try
        {
            _listener.HandOver(_loop, descriptor, _peer.ToEndPoint(_endPoint));
        }
        catch (Exception exception)
        {
            _counters.AcceptErrors++;
            TransportLog.AcceptError(_loop.Logger, _endPoint, exception.ToString());
        }
    }

    /// <summary>
    /// Returns whether the error is that of a connection that failed while it waited in the backlog (accept(2)); the next accept follows at
    /// once. Every other error is the process's: descriptors or memory have run out, or the socket is broken. Retrying those at once would
    /// use a whole processor.
    /// </summary>
    private static bool IsClientsOwn(int errno) => errno is
        Errno.ECONNABORTED or Errno.EPERM or Errno.EPROTO or Errno.ENOPROTOOPT or Errno.EOPNOTSUPP or Errno.ETIMEDOUT or Errno.ECONNRESET
        or Errno.ENETDOWN or Errno.ENETUNREACH or Errno.EHOSTDOWN or Errno.EHOSTUNREACH or Errno.ENONET;

    /// <summary>Pauses accepting. Clients wait in the backlog.</summary>
    private async ValueTask PauseAsync(string reason)
    {
        long now = Environment.TickCount64;
        if (_pauseMilliseconds == 0 && now >= _nextPauseLog)
        {
            _nextPauseLog = now + LogIntervalMilliseconds;
            _hasLoggedPause = true;
            TransportLog.AcceptPause(_loop.Logger, _endPoint, reason);
        }

        _counters.AcceptPauses++;
        _pauseMilliseconds = Math.Clamp(_pauseMilliseconds * 2, MinimumPauseMilliseconds, MaximumPauseMilliseconds);
        ValueTask<SysResult> pause = _pause.Wait();
        using Timer timer = new(static self => ((AcceptLoop)self!).Resume(), this, _pauseMilliseconds, Timeout.Infinite);
        await pause.ConfigureAwait(false);
        PausedAccepting.Remove(this);
    }

    /// <summary>Ends a pause, if there is one, and retries. Any thread.</summary>
    public void Resume() => _loop.TryPost(
        static self =>
        {
            AcceptLoop loop = (AcceptLoop)self!;
            if (loop._pause.IsPending)
            {
                loop._pause.Complete(new SysResult(0));
            }
        },
        this);

    private void PauseEnded()
    {
        _pauseMilliseconds = 0;
        if (_hasLoggedPause)
        {
            _hasLoggedPause = false;
            TransportLog.AcceptResume(_loop.Logger, _endPoint);
        }
    }

    private void Stop()
    {
        _socket?.Close();
        if (_pause.IsPending)
        {
            _pause.Complete(new SysResult(0));
        }
    }
}
