using System.Net;
using Transport.Core.Diagnostics;
using Transport.Core.Interop;
using Transport.Core.Loops;

namespace Transport.Core.Listening;

/// <summary>
/// Accepts on one loop until it is stopped, whatever accept4(2) says meanwhile. Here is the only policy for being out of descriptors.
/// </summary>
internal sealed class AcceptLoop : ILoopResident
{
    /// <summary>The first pause; each that finds nothing better doubles it (Go's net/http does so).</summary>
    private const int MinimumPauseMilliseconds = 5;

    /// <summary>The longest: a second is soon enough for a client whom the backlog still holds.</summary>
    private const int MaximumPauseMilliseconds = 1000;

    private readonly EventLoop _loop;
    private readonly int _descriptor;
    private readonly SocketRole _role;
    private readonly EndPoint _endPoint;
    private readonly Action<EventLoop, int> _accepted;
    private readonly SocketCompletion _pause = new();
    private readonly TaskCompletionSource _started = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private LoopSocket? _socket;
    private int _pauseMilliseconds;

    /// <param name="loop">The loop that accepts.</param>
    /// <param name="descriptor">A listening, non-blocking descriptor; closed at the end.</param>
    /// <param name="role">Whether other loops accept from the same socket.</param>
    /// <param name="endPoint">For the log.</param>
    /// <param name="accepted">Takes over a connected descriptor, on the loop's thread.</param>
    public AcceptLoop(EventLoop loop, int descriptor, SocketRole role, EndPoint endPoint, Action<EventLoop, int> accepted)
    {
        _loop = loop;
        _descriptor = descriptor;
        _role = role;
        _endPoint = endPoint;
        _accepted = accepted;
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
            _socket = _loop.Attach(_descriptor, _role);
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
            SysResult accepted = await _socket.AcceptAsync().ConfigureAwait(false);
            if (!accepted.IsError)
            {
                _loop.Counters.Accepts++;
                Resume();
                HandOver((int)accepted.Value);
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
                    await PauseAsync(accepted).ConfigureAwait(false);
                }
            }
        }

        _loop.RemoveListener(this);
        _ended.SetResult();
    }

    /// <summary>The loop has failed: no client is accepted on it any more, and whoever unbinds does not wait for it.</summary>
    void ILoopResident.Evict(Exception reason) => Stop();

    /// <summary>Whatever goes wrong with one client, accepting goes on: Kestrel would wait for ever, and look alive.</summary>
    private void HandOver(int descriptor)
    {
        try
        {
            _accepted(_loop, descriptor);
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
    private async ValueTask PauseAsync(SysResult reason)
    {
        if (_pauseMilliseconds == 0)
        {
            TransportLog.AcceptPause(_loop.Logger, _endPoint, reason.ToException("accept4").Message);
        }

        _loop.Counters.AcceptPauses++;
        _pauseMilliseconds = Math.Clamp(_pauseMilliseconds * 2, MinimumPauseMilliseconds, MaximumPauseMilliseconds);
        ValueTask<SysResult> pause = _pause.Wait();
        using Timer timer = new(static self => ((AcceptLoop)self!).EndPause(), this, _pauseMilliseconds, Timeout.Infinite);
        await pause.ConfigureAwait(false);
    }

    /// <summary>The timer's thread.</summary>
    private void EndPause() => _loop.TryPost(
        static self =>
        {
            AcceptLoop loop = (AcceptLoop)self!;
            if (loop._pause.IsPending)
            {
                loop._pause.Complete(new SysResult(0));
            }
        },
        this);

    private void Resume()
    {
        if (_pauseMilliseconds > 0)
        {
            _pauseMilliseconds = 0;
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
