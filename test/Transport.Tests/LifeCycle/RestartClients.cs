using System.Globalization;
using System.Net;

namespace Transport.Tests.LifeCycle;

/// <summary>Clients that send requests while processes take over from each other, until they are disposed.</summary>
internal sealed class RestartClients : IAsyncDisposable
{
    private const int Count = 16;

    private readonly Task[] _clients;
    private int _served;
    private bool _isOver;

    private RestartClients(Func<int, Task<int>> ask) => _clients = [.. Enumerable.Range(0, Count).Select(i => Task.Run(async () =>
    {
        while (!Volatile.Read(ref _isOver))
        {
            Interlocked.Add(ref _served, await ask(i));
        }
    }))];

    /// <summary>Half of the clients keep their connection until the server ends it; the others connect for each request.</summary>
    public static RestartClients Start(EndPoint endPoint) => new(i => AskAsync(endPoint, i % 2 == 0 ? 1 : 100));

    /// <param name="ask">Sends requests, and returns their number.</param>
    public static RestartClients Start(Func<Task<int>> ask) => new(_ => ask());

    /// <summary>How many requests a test sends at least; RESTART_REQUESTS sets it for a longer run.</summary>
    public static int Requests(int standard) =>
        Environment.GetEnvironmentVariable("RESTART_REQUESTS") is { Length: > 0 } text
            ? int.Parse(text, CultureInfo.InvariantCulture)
            : standard;

    /// <summary>
    /// Waits until that many requests have been served since the start, and the condition holds. A client that has failed ends the wait.
    /// </summary>
    public async Task ServedAsync(int requests, Func<bool>? condition = null)
    {
        while (Volatile.Read(ref _served) < requests || condition?.Invoke() == false)
        {
            Task failed = Array.Find(_clients, static client => client.IsFaulted) ?? Task.CompletedTask;
            await failed;
            await Task.Delay(5);
        }
    }

    /// <summary>Throws what a client has thrown.</summary>
    public async ValueTask DisposeAsync()
    {
        Volatile.Write(ref _isOver, true);
        await Task.WhenAll(_clients).WithinDeadline();
    }

    /// <summary>Sends up to <paramref name="count"/> requests on one connection; fewer if the server says that it closes it.</summary>
    private static async Task<int> AskAsync(EndPoint endPoint, int count)
    {
        using RawClient client = await RawClient.ConnectAsync(endPoint);
        for (int i = 1; i <= count; i++)
        {
            HttpReply reply = await client.GetAsync("/");
            Assert.Equal(200, reply.Status);
            Assert.Equal("Hello, World!", reply.Text);
            if (reply.Headers.TryGetValue("Connection", out string? connection) && connection == "close")
            {
                return i;
            }
        }

        return count;
    }
}
