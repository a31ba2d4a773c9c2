using System.Net;

namespace Bench.Load;

/// <summary>Keep-alive connections that have had one request each and stay open.</summary>
internal sealed class IdleConnections : IDisposable
{
    private readonly List<ClientConnection> _connections = [];

    /// <summary>Opens the connections, 200 at a time so that the backlog does not overflow.</summary>
    /// <exception cref="IOException">The server did not answer on all of them.</exception>
    public static IdleConnections Open(IPEndPoint server, int count, CancellationToken cancellation)
    {
        const int Batch = 200;
        IdleConnections idle = new IdleConnections();
        try
        {
            Exchange exchange = Exchange.Get("/plaintext");
            while (idle._connections.Count < count)
            {
                cancellation.ThrowIfCancellationRequested();
                idle.OpenBatch(server, exchange, Math.Min(Batch, count - idle._connections.Count), cancellation);
            }

            return idle;
        }
        catch
        {
            idle.Dispose();
            throw;
        }
    }

    public void Dispose()
    {
        foreach (ClientConnection connection in _connections)
        {
            connection.Dispose();
        }

        _connections.Clear();
    }

    private void OpenBatch(IPEndPoint server, Exchange exchange, int count, CancellationToken cancellation)
    {
        using ReadySet ready = new ReadySet();
        int first = _connections.Count;
        for (int number = 0; number < count; number++)
        {
            ClientConnection connection = ClientConnection.Open(server, exchange);
            _connections.Add(connection);
            ready.Add(connection.Descriptor, number);
            connection.Send(0);
        }

        byte[] scratch = new byte[4096];
        int[] numbers = new int[count];
        int silent = 0;
        for (int answered = 0; answered < count;)
        {
            cancellation.ThrowIfCancellationRequested();
            int readable = ready.Wait(numbers, TimeSpan.FromSeconds(1));
            silent = readable == 0 ? silent + 1 : 0;
            if (silent == 10)
            {
                throw new IOException($"{count - answered} of {first + count} connections received no response within 10 s");
            }

            foreach (int number in numbers.AsSpan(0, readable))
            {
                if (_connections[first + number].Continue(scratch))
                {
                    answered++;
                }
            }
        }
    }
}
