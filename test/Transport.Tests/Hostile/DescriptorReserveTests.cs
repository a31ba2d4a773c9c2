using Transport.Core.Listening;

namespace Transport.Tests.Hostile;

/// <summary>
/// More clients than descriptors. At RLIMIT_NOFILE the runtime aborts the process, Kestrel's own transport or not: accepting has to pause
/// before.
/// </summary>
[Trait("Category", "Hostile")]
public class DescriptorReserveTests
{
    private const string NotOnSockets = "the runtime aborts the process";
    private const string Request = "GET / HTTP/1.1\r\nHost: x\r\n\r\n";

    [Theory]
    [Transports(260, 400, NotOnSockets = NotOnSockets)]
    [Transports(300, 400, NotOnSockets = NotOnSockets)]
    [Transports(1024, 1300, NotOnSockets = NotOnSockets)]
    public async Task More_clients_than_descriptors_are_all_served_in_turn(TransportUnderTest transport, int limit, int clients)
    {
        await using HostProcess host = await HostProcess.StartAsync(transport, limit);
        List<Waiting> crowd = await FillAsync(host, clients, limit);
        int served = crowd.Count(client => client.Answer.IsCompletedSuccessfully);
        Assert.InRange(served, 1, clients - 1);
        if (transport.Model != "busy")
        {
            await IsQuietAsync(host);
        }

        // Each leaves when it has been served: the others get its descriptor.
        List<Task> leaving = [.. crowd.Select(async client =>
        {
            await client.Answer;
            client.Client.Dispose();
        })];
        await Task.WhenAll(leaving).WithinDeadline();
        Assert.False(host.HasExited, host.Output);

        crowd = await FillAsync(host, clients, limit);
        Assert.Equal(0, await host.StopAsync());
        foreach (Waiting client in crowd)
        {
            client.Client.Dispose();
        }
    }

    /// <summary>prlimit(1) on the running process: no restart, and no connection has to close first.</summary>
    [Theory, Transports(NotOnSockets = NotOnSockets)]
    public async Task A_limit_lowered_or_raised_at_run_time_is_noticed(TransportUnderTest transport)
    {
        await using HostProcess host = await HostProcess.StartAsync(transport, 1000);
        await host.SetDescriptorLimitAsync("260:1000");
        List<Waiting> crowd = await FillAsync(host, 300, 260);
        await host.SetDescriptorLimitAsync("1000:1000");
        foreach (Waiting client in crowd)
        {
            await client.Answer.WithinDeadline();
            client.Client.Dispose();
        }
    }

    /// <summary>The default reserve would take most of what there is: it shrinks to a quarter, and says so.</summary>
    [Theory, Transports(NotOnSockets = NotOnSockets)]
    public async Task A_limit_that_hardly_suffices_for_the_runtime_is_logged_at_the_start(TransportUnderTest transport)
    {
        await using HostProcess host = await HostProcess.StartAsync(transport, 200);
        await Deadline.Until(() => host.Output.Contains("The descriptor limit of 200", StringComparison.Ordinal), () => host.Output);
        Assert.Contains("50 descriptors are reserved; DescriptorReserve is 64.", host.Output, StringComparison.Ordinal);
        Assert.Equal(0, await host.StopAsync());
    }

    [Theory]
    [InlineData(null, 64)]
    [InlineData(0, 0)]
    [InlineData(10, 10)]
    public void The_reserve_is_the_upper_end_of_the_numbers(int? wanted, int least)
    {
        DescriptorReserve reserve = new(wanted);
        Assert.Equal(wanted ?? Math.Max(least, reserve.Limit / 50), reserve.Size);
        Assert.False(reserve.Contains(reserve.Limit - reserve.Size - 1));
        Assert.True(reserve.Contains(reserve.Limit - reserve.Size));
        Assert.Equal((3, true), reserve.TryLeave(3));
    }

    /// <summary>Connects clients that ask once and stay, until the server accepts no more.</summary>
    private static async Task<List<Waiting>> FillAsync(HostProcess host, int clients, int limit)
    {
        List<Waiting> crowd = [];
        for (int i = 0; i < clients; i++)
        {
            RawClient client = await RawClient.ConnectAsync(host.EndPoint);
            await client.SendAsync(Request);
            crowd.Add(new Waiting(client, AnswerAsync(client)));
        }

        int full = limit - 64;
        await Deadline.Until(
            () => host.HasExited || (host.Descriptors >= full && crowd.Any(client => client.Answer.IsCompletedSuccessfully)),
            () => $"{host.Descriptors} descriptors of {limit} are in use. {host.Output}");
        Assert.False(host.HasExited, host.Output);

        // One a loop may lie in the reserve; the runtime opens some of its own in passing.
        Assert.InRange(host.Descriptors, full, limit - 32);
        return crowd;
    }

    private static async Task<string> AnswerAsync(RawClient client)
    {
        string answer = "";
        while (!answer.EndsWith("Hello, World!", StringComparison.Ordinal))
        {
            answer += await client.ReceiveTextAsync(1);
        }

        return answer;
    }

    /// <summary>Waits for 0.3 s in which it uses a tenth of a processor at most: a spinning loop would use all it can get.</summary>
    private static async Task IsQuietAsync(HostProcess host)
    {
        long end = Environment.TickCount64 + (long)Deadline.Default.TotalMilliseconds;
        TimeSpan used;
        do
        {
            TimeSpan before = host.ProcessorTime;
            await Task.Delay(TimeSpan.FromMilliseconds(300));
            used = host.ProcessorTime - before;
        }
        while (used > TimeSpan.FromMilliseconds(30) && Environment.TickCount64 < end);
        Assert.True(used <= TimeSpan.FromMilliseconds(30), $"{used.TotalMilliseconds} ms of processor time in 0.3 s while full");
    }

    private sealed record Waiting(RawClient Client, Task<string> Answer);
}
