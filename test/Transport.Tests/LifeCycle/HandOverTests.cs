using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text.RegularExpressions;
using Transport.Tests.Hostile;

namespace Transport.Tests.LifeCycle;

/// <summary>Processes take the listening sockets over from each other while they serve (<c>HandOverPath</c>): no request fails.</summary>
public sealed partial class HandOverTests : IDisposable
{
    private const int DescriptorLimit = 4096;
    private const int Processes = 3;

    private static readonly int s_requests = RestartClients.Requests(2000);

    private readonly string _folder = Directory.CreateTempSubdirectory("hand-over-").FullName;

    private string HandOverPath => Path.Combine(_folder, "hand-over.sock");

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Theory]
    [Transports(Model = "epoll"), Transports(Model = "poll"), Transports(Model = "select"), Transports(Model = "uring")]
    [Transports(Model = "busy")]
    public Task No_request_fails_while_processes_take_over_from_each_other(TransportUnderTest transport) =>
        TakeTurnsAsync([transport, transport, transport], ["loops=2", "loops=2", "loops=2"]);

    /// <summary>More loops than sockets, and fewer: no socket of the SO_REUSEPORT group is left alone with its clients.</summary>
    [Theory, Transports(Model = "epoll"), Transports(Model = "uring")]
    public Task No_request_fails_when_the_number_of_event_loops_changes(TransportUnderTest transport) =>
        TakeTurnsAsync([transport, transport, transport], ["loops=3", "loops=2", "loops=4"]);

    [Theory, Transports(Model = "epoll")]
    public Task No_request_fails_when_the_model_changes(TransportUnderTest transport) =>
        TakeTurnsAsync([transport, TransportCatalogue.Get("uring"), TransportCatalogue.Get("poll")], ["loops=2", "loops=2", "loops=2"]);

    /// <summary>
    /// 100,000 requests of wrk on 32 connections that stay open, and then as many on connections that end after one. wrk counts each error
    /// of a socket and each status of 400 and more.
    /// </summary>
    [Theory, Transports(Model = "epoll")]
    public async Task Wrk_sees_no_error_in_100_000_requests_while_processes_take_over(TransportUnderTest transport)
    {
        Assert.SkipUnless(File.Exists("/usr/bin/wrk"), "wrk is not installed (apt package wrk).");
        HostProcess serving = await StartAsync(transport);
        List<int> servedBy = [];
        try
        {
            foreach (string header in (string[])["Accept: */*", "Connection: close"])
            {
                long requests = 0;
                while (requests < 100_000)
                {
                    string[] arguments = ["-t1", "-c32", "-d4s", "-H", header, $"http://{serving.EndPoint}/"];
                    using Process wrk = Process.Start(new ProcessStartInfo("/usr/bin/wrk", arguments) { RedirectStandardOutput = true })!;
                    Task<string> printed = wrk.StandardOutput.ReadToEndAsync();
                    for (int i = 0; i < 2; i++)
                    {
                        Assert.False(printed.IsCompleted, "wrk has ended before a process took over.");
                        HostProcess next = await StartAsync(transport);
                        servedBy.Add(next.Id);
                        Assert.Equal(0, await serving.ExitedAsync());
                        await serving.DisposeAsync();
                        serving = next;
                    }

                    string report = await printed;
                    Assert.DoesNotContain("Socket errors", report, StringComparison.Ordinal);
                    Assert.DoesNotContain("Non-2xx", report, StringComparison.Ordinal);
                    requests += long.Parse(RequestCount().Match(report).Groups[1].Value, CultureInfo.InvariantCulture);
                }

                TestContext.Current.TestOutputHelper?.WriteLine($"{header}: {requests} requests, {servedBy.Count} processes took over");
            }
        }
        finally
        {
            await serving.DisposeAsync();
        }
    }

    [Theory, Transports(Model = "epoll")]
    public async Task A_process_that_does_not_start_leaves_the_previous_one_in_service(TransportUnderTest transport)
    {
        using Socket used = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        used.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        used.Listen();
        int port = ((IPEndPoint)used.LocalEndPoint!).Port;
        await using HostProcess first = await StartAsync(transport);
        InvalidOperationException failure = await Assert.ThrowsAsync<InvalidOperationException>(
            () => StartAsync(transport, string.Create(CultureInfo.InvariantCulture, $"also={port}")));
        Assert.Contains("Took over 127.0.0.1:", failure.Message, StringComparison.Ordinal);
        await Deadline.Until(() => first.Output.Contains("This process remains in service.", StringComparison.Ordinal), () => first.Output);
        Assert.Equal(first.Id, await ServingProcessAsync(first.EndPoint));
        Assert.Equal([HandOverPath], Directory.GetFileSystemEntries(_folder));

        await using HostProcess second = await StartAsync(transport);
        Assert.Equal(first.EndPoint, second.EndPoint);
        Assert.Equal(0, await first.ExitedAsync());
        Assert.Equal(second.Id, await ServingProcessAsync(first.EndPoint));
    }

    [Theory, Transports(Model = "epoll")]
    public async Task A_unix_socket_keeps_its_file_until_the_last_process_ends(TransportUnderTest transport)
    {
        string path = Path.Combine(_folder, "app.sock");
        UnixDomainSocketEndPoint endPoint = new(path);
        await using HostProcess first = await StartAsync(transport, $"unix={path}");
        await using HostProcess second = await StartAsync(transport, $"unix={path}");
        Assert.Equal(0, await first.ExitedAsync());
        Assert.Equal(second.Id, await ServingProcessAsync(endPoint));
        await using HostProcess third = await StartAsync(transport, $"unix={path}");
        Assert.Equal(0, await second.ExitedAsync());
        Assert.Equal(third.Id, await ServingProcessAsync(endPoint));
        Assert.Equal(0, await third.StopAsync());
        Assert.Empty(Directory.GetFileSystemEntries(_folder));
    }

    [Theory, Transports(Model = "epoll")]
    public async Task An_end_point_that_the_new_process_does_not_have_is_closed(TransportUnderTest transport)
    {
        string path = Path.Combine(_folder, "app.sock");
        await using HostProcess first = await StartAsync(transport, $"unix={path}");
        await using HostProcess second = await StartAsync(transport);
        Assert.Equal(0, await first.ExitedAsync());
        string warning = $"unix:{path} of process {first.Id} is not an end point";
        await Deadline.Until(() => second.Output.Contains(warning, StringComparison.Ordinal), () => second.Output);
        await Assert.ThrowsAsync<SocketException>(() => ServingProcessAsync(new UnixDomainSocketEndPoint(path)));
    }

    /// <summary>A file that is left over from a process that was killed leads to nobody.</summary>
    [Theory, Transports(Model = "epoll")]
    public async Task A_process_starts_after_one_that_was_killed(TransportUnderTest transport)
    {
        HostProcess first = await StartAsync(transport);
        await first.DisposeAsync();
        Assert.True(File.Exists(HandOverPath));
        await using HostProcess second = await StartAsync(transport);
        Assert.Equal(second.Id, await ServingProcessAsync(second.EndPoint));
    }

    [Theory, Transports(Model = "rtsig"), Transports(Model = "blocking")]
    public async Task A_transport_that_cannot_share_its_sockets_refuses_the_option(TransportUnderTest transport)
    {
        InvalidOperationException failure = await Assert.ThrowsAsync<InvalidOperationException>(() => StartAsync(transport));
        Assert.Contains("HandOverPath is", failure.Message, StringComparison.Ordinal);
    }

    private async Task TakeTurnsAsync(TransportUnderTest[] transports, string[] arguments)
    {
        HostProcess serving = await StartAsync(transports[0], arguments[0]);
        try
        {
            await using RestartClients clients = RestartClients.Start(serving.EndPoint);
            for (int i = 1; i < Processes; i++)
            {
                await clients.ServedAsync(s_requests * i / Processes);
                HostProcess next = await StartAsync(transports[i], arguments[i]);
                Assert.Equal(serving.EndPoint, next.EndPoint);
                Assert.Equal(0, await serving.ExitedAsync());
                await serving.DisposeAsync();
                serving = next;
            }

            await clients.ServedAsync(s_requests);
        }
        finally
        {
            await serving.DisposeAsync();
        }
    }

    private Task<HostProcess> StartAsync(TransportUnderTest transport, params string[] arguments) =>
        HostProcess.StartAsync(transport, DescriptorLimit, [$"hand-over={HandOverPath}", .. arguments]);

    private static async Task<int> ServingProcessAsync(EndPoint endPoint)
    {
        using RawClient client = await RawClient.ConnectAsync(endPoint);
        return int.Parse((await client.GetAsync("/process")).Text, CultureInfo.InvariantCulture);
    }

    [GeneratedRegex(@"(\d+) requests in")]
    private static partial Regex RequestCount();
}
