using System.Net;
using Soak.Clients.Protocol;
using Soak.Measuring;
using Soak.Server;

namespace Soak.Load;

/// <summary>Many keep-alive connections that are asked now and then; each answer is checked.</summary>
internal sealed class IdleCrowd(ServerPorts server, Tally tally) : IDisposable
{
    private const int Batch = 200;
    private static readonly TimeSpan AnswerDeadline = TimeSpan.FromSeconds(120);

    private readonly List<HttpConnection> _connections = [];

    public int Count => _connections.Count;

    /// <summary>Opens connections until there are so many, and asks each once.</summary>
    public async Task OpenAsync(int count)
    {
        while (_connections.Count < count)
        {
            using CancellationTokenSource deadline = new CancellationTokenSource(AnswerDeadline);
            IEnumerable<Task<HttpConnection>> batch = Enumerable.Range(_connections.Count, Math.Min(Batch, count - _connections.Count))
                .Select(i => HttpConnection.ConnectAsync(
                    server.Http, tls: false, deadline.Token, from: new IPAddress([127, 0, 2, (byte)(1 + (i % 100))]), bufferSize: 512));
            HttpConnection[] opened = await Task.WhenAll(batch);
            _connections.AddRange(opened);
            await AskAsync(opened, "opened");
        }
    }

    /// <summary>Asks each once; what fails is counted under <paramref name="kind"/>.</summary>
    public Task AskAllAsync(string kind) => AskAsync(_connections, kind);

    public void Close()
    {
        _connections.ForEach(connection => connection.Dispose());
        _connections.Clear();
    }

    public void Dispose() => Close();

    private async Task AskAsync(IReadOnlyCollection<HttpConnection> connections, string kind)
    {
        int number = 0;
        foreach (HttpConnection[] batch in connections.Chunk(Batch))
        {
            using CancellationTokenSource deadline = new CancellationTokenSource(AnswerDeadline);
            await Task.WhenAll(batch.Select(connection => AskAsync(connection, kind, number++, deadline.Token)));
        }
    }

    private async Task AskAsync(HttpConnection connection, string kind, int number, CancellationToken cancellation)
    {
        try
        {
            int size = number % 700;
            await connection.SendAsync($"GET /bytes?n={size}&key={number} HTTP/1.1\r\nHost: soak\r\n\r\n", cancellation);
            await connection.ReadBodyAsync(await connection.ReadHeadAsync(200, cancellation), new PatternCheck(number, size), cancellation);
            tally.For(kind).Add(size);
        }
        catch (Exception exception)
        {
            tally.Failed(kind, $"connection {number}", exception);
        }
    }
}
