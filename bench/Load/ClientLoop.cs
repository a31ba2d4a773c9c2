using System.Diagnostics;
using System.Net;
using System.Net.Sockets;

namespace Bench.Load;

/// <summary>Connections to one server on one thread: what the closed and the open loop have in common.</summary>
internal abstract class ClientLoop(IPEndPoint server, Exchange exchange, int connections) : IDisposable
{
    /// <summary>Failures after which there is no use in going on.</summary>
    private const int MaxFailures = 100;

    private readonly ReadySet _ready = new();
    private readonly ClientConnection?[] _connections = new ClientConnection?[connections];
    private readonly byte[] _scratch = new byte[64 * 1024];
    private readonly int[] _numbers = new int[256];
    private string? _firstFailure;
    private int _failures;

    /// <summary>Latencies, from the intended start.</summary>
    public LatencyHistogram Latencies { get; } = new();

    protected int Count => _connections.Length;

    protected bool HasFailed => _failures >= MaxFailures;

    /// <summary>Requests whose connection failed before the answer was whole.</summary>
    protected long Lost { get; private set; }

    public string? Error => _firstFailure is null ? null : $"{_failures} of the client's connections failed, the first with: {_firstFailure}";

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

    /// <summary>Sends on a connection that is free.</summary>
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

    /// <summary>Called when a connection has nothing more to do: its response came, or it was replaced after a failure.</summary>
    protected abstract void OnFree(int number);

    /// <summary>When the request under way on a connection was meant to start; null when there is none.</summary>
    protected long? IntendedOf(int number) => _connections[number] is { Busy: true } connection ? connection.Intended : null;

    /// <summary>Takes in what has come.</summary>
    protected void Turn(TimeSpan limit)
    {
        int count = _ready.Wait(_numbers, limit);
        for (int i = 0; i < count; i++)
        {
            Continue(_numbers[i]);
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

            Latencies.Record((Stopwatch.GetTimestamp() - connection.Intended) * (1_000_000_000 / Stopwatch.Frequency));
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
            _failures = MaxFailures;   // a server that does not even accept is not worth asking again
            _firstFailure += $"; and then: {again.Message}";
            return;
        }

        if (wasBusy)
        {
            OnFree(number);
        }
    }

    private void Reconnect(int number)
    {
        _connections[number]?.Dispose();   // closing takes it out of the epoll set
        _connections[number] = null;
        ClientConnection connection = ClientConnection.Open(server, exchange);
        _connections[number] = connection;
        _ready.Add(connection.Descriptor, number);
    }
}
