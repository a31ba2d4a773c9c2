using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using Bench.Load;

namespace Bench.Clients;

/// <summary>Connections to one server on one thread; the base class of the closed and the open loop.</summary>
internal abstract class ClientLoop(IPEndPoint server, Exchange exchange, int connections) : IDisposable
{
    /// <summary>The number of failures after which the loop stops.</summary>
    private const int MaxFailures = 100;

    private readonly ReadySet _ready = new();
    private readonly ClientConnection?[] _connections = new ClientConnection?[connections];
    private readonly byte[] _scratch = new byte[64 * 1024];
    private readonly int[] _numbers = new int[256];
    private string? _firstFailure;
    private int _failures;

    /// <summary>Latencies from the intended start of each request.</summary>
    public LatencyHistogram Latencies { get; } = new();

    protected int Count => _connections.Length;

    protected bool HasFailed => _failures >= MaxFailures;

    /// <summary>The number of requests whose connection failed before the response was complete.</summary>
    protected long Lost { get; private set; }

    public string? Error => _firstFailure is null ? null
        : $"{_failures} of the client's connections failed, the first with: {_firstFailure}";

    public void Dispose()
    {
        foreach (ClientConnection? connection in _connections)
        {
            connection?.Dispose();
        }

        _ready.Dispose();
    }

    /// <summary>Opens every connection.</summary>
    protected void Connect()
    {
        for (int number = 0; number < _connections.Length; number++)
        {
            Reconnect(number);
        }
    }

    /// <summary>Sends a request on a free connection.</summary>
    protected void Send(int number, long intended)
    {
        try
        {
            _connections[number]?.Send(intended);
        }
        catch (Exception failure) when (failure is IOException or InvalidDataException or SocketException)
        {
            Fail(number, failure, wasBusy: true);
        }
    }

    /// <summary>Called when a connection becomes free: its response is complete, or it was replaced after a failure.</summary>
    protected abstract void OnFree(int number);

    /// <summary>Records the latency of a request in nanoseconds.</summary>
    protected virtual void Record(long intended, long nanoseconds) => Latencies.Record(nanoseconds);

    /// <summary>Returns the intended start of the request under way on a connection; null when there is none.</summary>
    protected long? IntendedOf(int number) => _connections[number] is { Busy: true } connection ? connection.Intended : null;

    /// <summary>Waits for readiness events and processes them.</summary>
    protected void Poll(TimeSpan limit)
    {
        int count = _ready.Wait(_numbers, limit);
        for (int i = 0; i < count; i++)
        {
            Continue(_numbers[i]);
        }
    }

    /// <summary>Closes a free connection and opens another in its place.</summary>
    protected void Replace(int number)
    {
        try
        {
            Reconnect(number);
        }
        catch (Exception failure) when (failure is IOException or InvalidDataException or SocketException)
        {
            Fail(number, failure, wasBusy: false);
        }
    }

    private void Continue(int number)
    {
        if (_connections[number] is not { } connection)
        {
            return;
        }

        bool wasBusy = connection.Busy;
        try
        {
            if (!connection.Continue(_scratch))
            {
                return;
            }

            Record(connection.Intended, (Stopwatch.GetTimestamp() - connection.Intended) * (1_000_000_000 / Stopwatch.Frequency));
            if (connection.Closed)
            {
                Reconnect(number);
            }
        }
        catch (Exception failure) when (failure is IOException or InvalidDataException or SocketException)
        {
            Fail(number, failure, wasBusy);
            return;
        }

        OnFree(number);
    }

    private void Fail(int number, Exception failure, bool wasBusy)
    {
        _failures++;
        Lost += wasBusy ? 1 : 0;
        _firstFailure ??= failure.Message;
        if (HasFailed)
        {
            return;
        }

        try
        {
            Reconnect(number);
        }
        catch (Exception again) when (again is IOException or InvalidDataException or SocketException)
        {
            _failures = MaxFailures;   // the server does not accept connections
            _firstFailure += $"; on reconnecting: {again.Message}";
            return;
        }

        if (wasBusy)
        {
            OnFree(number);
        }
    }

    private void Reconnect(int number)
    {
        _connections[number]?.Dispose();   // closing deregisters it from epoll
        _connections[number] = null;
        ClientConnection connection = ClientConnection.Open(server, exchange);
        _connections[number] = connection;
        _ready.Add(connection.Descriptor, number);
    }
}
