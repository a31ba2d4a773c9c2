using System.Diagnostics;
using System.Text.Json;
using Soak.Clients.Protocol;
using Soak.Server;

namespace Soak.Measuring;

/// <summary>Looks at the server process from outside, and asks it.</summary>
internal sealed class ServerProbe(ServerProcess server, string? served)
{
    private static readonly TimeSpan AnswerDeadline = TimeSpan.FromSeconds(60);
    private readonly long _began = Stopwatch.GetTimestamp();

    public TimeSpan Elapsed => Stopwatch.GetElapsedTime(_began);

    /// <summary>While the load runs. A server that does not answer gives a sample without status.</summary>
    public async Task<Sample> SampleAsync()
    {
        ServerStatus? status = null;
        try
        {
            status = await AskAsync("/status");
        }
        catch (Exception exception)
            when (exception is IOException or System.Net.Sockets.SocketException or OperationCanceledException or WrongAnswerException)
        {
            // The load itself finds and counts what is wrong.
        }

        return Take(status);
    }

    /// <summary>After garbage collections that return unused memory to the kernel.</summary>
    public async Task<Sample> SampleCollectedAsync() => Take(await AskAsync("/collect"));

    public async Task<ServerStatus> StatusAsync() => await AskAsync("/status");

    private Sample Take(ServerStatus? status)
    {
        (long pss, long rss) = ProcessFacts.Memory(server.Id);
        return new Sample(Elapsed, pss, rss, ProcessFacts.Threads(server.Id), ProcessFacts.Descriptors(server.Id, served), status);
    }

    private async Task<ServerStatus> AskAsync(string path)
    {
        using CancellationTokenSource deadline = new CancellationTokenSource(AnswerDeadline);
        using HttpConnection connection = await HttpConnection.ConnectAsync(server.Ports.Http, tls: false, deadline.Token);
        await connection.SendAsync($"GET {path} HTTP/1.1\r\nHost: soak\r\nConnection: close\r\n\r\n", deadline.Token);
        CollectedBody body = new CollectedBody();
        await connection.ReadBodyAsync(await connection.ReadHeadAsync(200, deadline.Token), body, deadline.Token);
        await connection.ExpectEndAsync(deadline.Token);
        return JsonSerializer.Deserialize<ServerStatus>(body.ToArray(), JsonSerializerOptions.Web)!;
    }
}
