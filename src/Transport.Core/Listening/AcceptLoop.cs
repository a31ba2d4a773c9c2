using System.Net;
using Transport.Core.Diagnostics;
using Transport.Core.Interop;
using Transport.Core.Loops;

namespace Transport.Core.Listening;

/// <summary>
/// Accepts on one loop until it is stopped, whatever accept4(2) says meanwhile. It pauses for want of descriptors or memory
/// (<see cref="DescriptorReserve"/>, EMFILE, ENFILE, ENOMEM, ENOBUFS) and while Kestrel does not take what has been accepted.
/// </summary>
internal sealed class AcceptLoop : ILoopResident
{
    /// <summary>The first pause; each that finds nothing better doubles it (Go's net/http does so).</summary>
    private const int MinimumPauseMilliseconds = 5;

    /// <summary>The longest: a second is soon enough for a client whom the backlog still holds.</summary>
    private const int MaximumPauseMilliseconds = 1000;

    /// <summary>At the limit every closed connection ends a pause and the next client begins one: the log tells of it this often.</summary>
    private const int LogIntervalMilliseconds = 10_000;

    private readonly EventLoop _loop;
    private readonly int _descriptor;
    private readonly bool _isShared;
    private readonly EndPoint _endPoint;
    private readonly DescriptorReserve _reserve;
    private readonly SocketListener _listener;
    private readonly PeerAddress _peer = new();
    private readonly SocketCompletion _pause = new();
    private readonly TaskCompletionSource _started = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private LoopListener? _socket;
    private int _pauseMilliseconds;
    private long _nextPauseLog = long.MinValue;
    private bool _hasLoggedPause;

    /// <param name="loop">The loop that accepts.</param>
    /// <param name="descriptor">A listening, non-blocking descriptor; closed at the end.</param>
    /// <param name="isShared">Other loops accept from the same socket.</param>
    /// <param name="endPoint">For the log.</param>
    /// <param name="reserve">The descriptors that connections do not get.</param>
    /// <param name="listener">Takes over a connected descriptor, on the loop's thread.</param>
    public AcceptLoop(EventLoop loop, int descriptor, bool isShared, EndPoint endPoint, DescriptorReserve reserve, SocketListener listener)
    {
        _loop = loop;
        _descriptor = descriptor;
        _isShared = isShared;
        _endPoint = endPoint;
        _reserve = reserve;
        _listener = listener;
    }

    /// <returns>Done when the loop watches the socket; fails with what the kernel said if it does not.</returns>
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

    /// <returns>Done when no connection will be handed over any more and the descriptor is closed.</returns>
    public Task StopAsync()
    {
        // A loop that ends closes the socket.
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
                _loop.Counters.Accepts++;
                await AcceptedAsync((int)accepted.Value).ConfigureAwait(false);
            }
            else if (accepted.Errno == Errno.ECANCELED)
            {
                break;
            }
            else
            {
                _loop.Counters.AcceptErrors++;
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
    /// Hands over a client, at once or when its descriptor is out of the reserve: until then it is the one client that this accept loop
    /// holds, and the others wait in the backlog.
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
                // Stopped: the listener takes it all the same, and ends it with those that Kestrel has not asked for.
                PausedAccepting.Remove(this);
                break;
            }

            await PauseAsync($"{_reserve.Limit - _reserve.Size} of {_reserve.Limit} descriptors are in use, and {_reserve.Size} are kept free (DescriptorReserve)")
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

    /// <summary>The loop has failed: no client is accepted on it any more, and whoever unbinds does not wait for it.</summary>
    void ILoopResident.Evict(Exception reason) => Stop();

    /// <summary>Whatever goes wrong with one client, accepting goes on: Kestrel would wait for ever, and look alive.</summary>
    private void HandOver(int descriptor)
    {
        try
        {
            _listener.HandOver(_loop, descriptor, _peer.ToEndPoint(_endPoint));
        }
        catch (Exception exception)
        {
            _loop.Counters.AcceptErrors++;
            TransportLog.AcceptError(_loop.Logger, _endPoint, exception.ToString());
        }
    }

    /// <summary>
    /// Errors of a connection that failed while it waited, which Linux hands to accept (accept(2)): the next client is to be asked for at
    /// once. Everything else is taken to be ours: out of descriptors or memory, or a socket that somebody broke; asking again at once would
    /// spin.
    /// </summary>
    private static bool IsClientsOwn(int errno) => errno is
        Errno.ECONNABORTED or Errno.EPERM or Errno.EPROTO or Errno.ENOPROTOOPT or Errno.EOPNOTSUPP or Errno.ETIMEDOUT or Errno.ECONNRESET
        or Errno.ENETDOWN or Errno.ENETUNREACH or Errno.EHOSTDOWN or Errno.EHOSTUNREACH or Errno.ENONET;

    /// <summary>Lets go of accepting for a while. Clients wait in the backlog.</summary>
    private async ValueTask PauseAsync(string reason)
    {
        long now = Environment.TickCount64;
        if (_pauseMilliseconds == 0 && now >= _nextPauseLog)
        {
            _nextPauseLog = now + LogIntervalMilliseconds;
            _hasLoggedPause = true;
            TransportLog.AcceptPause(_loop.Logger, _endPoint, reason);
        }

        _loop.Counters.AcceptPauses++;
        _pauseMilliseconds = Math.Clamp(_pauseMilliseconds * 2, MinimumPauseMilliseconds, MaximumPauseMilliseconds);
        ValueTask<SysResult> pause = _pause.Wait();
        using Timer timer = new(static self => ((AcceptLoop)self!).Resume(), this, _pauseMilliseconds, Timeout.Infinite);
        await pause.ConfigureAwait(false);
        PausedAccepting.Remove(this);
    }

    /// <summary>Ends a pause, if there is one: what it was for is tried again. Any thread.</summary>
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
