using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Connections.Features;
using Transport.Core.Diagnostics;
using Transport.Core.Loops;

namespace Transport.Core.Connections;

/// <summary>
/// Closing of a connection: the first reason wins, the socket is closed on its loop, and callbacks run on the thread pool.
/// </summary>
internal sealed partial class SocketConnection
{
    /// <summary>
    /// The time limit for sending what was written before the peer's FIN, after the application has ended the connection for it. An
    /// estimate, the same as nginx's default send_timeout.
    /// </summary>
    private static readonly TimeSpan DrainTime = TimeSpan.FromSeconds(60);

    private readonly CancellationTokenSource _connectionClosed = new();
    private Timer? _drainTimer;
    private bool _isSendPending;
    private readonly Lock _closeGate = new();
    private bool _isShutDown;
    private Exception? _shutdownReason;
    private bool _reset;
    private bool _closed;
    private bool _disposed;
    private int _endedDirections;

    /// <summary>The kernel still uses memory of the closed socket.</summary>
    private Task? _closing;

    public override CancellationToken ConnectionClosed { get; set; }

    /// <summary>As Kestrel's own transport says it.</summary>
    private string ShutdownMessage => _shutdownReason?.Message ?? "The Socket transport's send loop completed gracefully.";

    /// <summary>Set once, by the first call that ends the connection.</summary>
    private bool IsShutDown => Volatile.Read(ref _isShutDown);

    /// <summary>
    /// Ends the connection, from any thread. With a reason: at once, by RST. Without one, as Kestrel calls it after the peer's FIN: what
    /// has been written is sent, for at most <see cref="DrainTime"/>, then FIN.
    /// </summary>
    public override void Abort(ConnectionAbortedException? abortReason)
    {
        SetShutdownReason(abortReason);
        EndAnswerGrace();
        if (abortReason is null)
        {
            // The peer has left, or has only closed its sending direction: the send loop sends what has been written, then closes.
            LimitDrain();
        }
        else
        {
            PostClose();
        }

        _output.Reader.CancelPendingRead();
    }

    private void PostClose() => _loop.TryPost(static connection => ((SocketConnection)connection!).CloseSocket(), this);

    /// <summary>
    /// Limits a pending send to <see cref="DrainTime"/> after the connection was ended without a reason: a client that does not read must
    /// not hold the connection. Called after the reason is set and after the send is marked as pending, so one of the two calls sees both.
    /// Any thread.
    /// </summary>
    private void LimitDrain()
    {
        Interlocked.MemoryBarrier();
        if (!Volatile.Read(ref _isSendPending) || !IsShutDown)
        {
            return;
        }

        lock (_closeGate)
        {
            if (!_closed)
            {
                _drainTimer ??= new Timer(
                    static connection => ((SocketConnection)connection!).EndDrain(), this, DrainTime, Timeout.InfiniteTimeSpan);
            }
        }
    }

    private void EndDrain()
    {
        lock (_closeGate)
        {
            _reset = !_finOnError;
        }

        PostClose();
    }

    void IConnectionLifetimeFeature.Abort() =>
        Abort(new ConnectionAbortedException("The connection was aborted by the application via IConnectionLifetimeFeature.Abort()."));

    void ILoopResident.Evict(Exception reason) =>
        Abort(new ConnectionAbortedException($"The loop of the connection failed: {reason.Message}", reason));

    /// <summary>The last step of the send loop. Loop thread.</summary>
    private void Shutdown(Exception? reason)
    {
        SetShutdownReason(reason);
        CloseSocket();
    }

    private void SetShutdownReason(Exception? reason)
    {
        lock (_closeGate)
        {
            if (_isShutDown)
            {
                // Ended without a reason before, and still sending: a reason ends the drain.
                _reset |= reason is not null && !_finOnError && !_closed;
                return;
            }

            _reset = reason is not null && !_finOnError;
            _shutdownReason = reason;
            Volatile.Write(ref _isShutDown, true);
        }

        if (_reset)
        {
            TransportLog.ConnectionWriteRst(_logger, ConnectionId, ShutdownMessage);
        }
        else
        {
            TransportLog.ConnectionWriteFin(_logger, ConnectionId, ShutdownMessage);
        }
    }

    /// <summary>Sends RST or FIN and closes the socket. Pending operations complete with −ECANCELED. Loop thread.</summary>
    private void CloseSocket()
    {
        _loop.AssertCurrent();
        lock (_closeGate)
        {
            if (_closed)
            {
                return;
            }

            _closed = true;
            _socketFeature?.Dispose();
            _drainTimer?.Dispose();
        }

        _socket.Shutdown(_reset);
        ValueTask closing = _socket.CloseAsync();
        if (!closing.IsCompletedSuccessfully)
        {
            _closing = closing.AsTask();
        }

        Admission?.End();
    }

    /// <summary>Runs one step of closing. Its exception is logged, and the other steps follow.</summary>
    private void Attempt(Action<SocketConnection> step)
    {
        try
        {
            step(this);
        }
        catch (Exception exception)
        {
            TransportLog.UnexpectedError(_logger, ConnectionId, exception);
        }
    }

    /// <summary>Logs an error of the transport on this connection and resets it. Any thread.</summary>
    private void Fail(Exception exception)
    {
        TransportLog.UnexpectedError(_logger, ConnectionId, exception);
        Abort(new ConnectionAbortedException($"The connection failed in the transport: {exception.Message}", exception));
    }

    /// <summary>Neither direction will run on the loop again: the loop may release the connection. Loop thread.</summary>
    private void EndDirection()
    {
        if (++_endedDirections == 2)
        {
            _loop.Remove(this);
        }
    }

    /// <summary>
    /// Runs the application's callbacks, on the thread pool as Kestrel's own transport does. The connection's end waits for them, since
    /// they may still use what it owns.
    /// </summary>
    private void FireConnectionClosed()
    {
        try
        {
            _connectionClosed.Cancel();
        }
        catch (Exception exception)
        {
            TransportLog.UnexpectedError(_logger, ConnectionId, exception);
        }
    }
}
