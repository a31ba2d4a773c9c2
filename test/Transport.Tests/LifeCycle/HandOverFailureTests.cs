using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Transport.Tests.Hostile;

namespace Transport.Tests.LifeCycle;

/// <summary>Hand-overs during which a process stops, lacks descriptors, or finds its folder gone: one process remains in service.</summary>
public sealed class HandOverFailureTests : IDisposable
{
    private const int DescriptorLimit = 4096;

    private readonly string _folder = Directory.CreateTempSubdirectory("hand-over-failure-").FullName;

    private string HandOverFolder => Path.Combine(_folder, "run");

    private string HandOverPath => Path.Combine(HandOverFolder, "hand-over.sock");

    private string UnixPath => Path.Combine(_folder, "app.sock");

    private string Hold => Path.Combine(_folder, "hold");

    public HandOverFailureTests() => Directory.CreateDirectory(HandOverFolder);

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    /// <summary>The new process has the sockets, and its host has not started, when the previous one gets SIGTERM.</summary>
    [Theory, Transports(Model = "epoll"), Transports(Model = "uring")]
    public async Task A_process_that_stops_during_a_hand_over_leaves_its_sockets_to_the_new_one(TransportUnderTest transport)
    {
        await using HostProcess first = await StartAsync(transport, $"unix={UnixPath}");
        Task<HostProcess> starting = await HeldAsync(transport, $"unix={UnixPath}");
        Assert.Equal(0, await first.StopAsync());
        Release();
        await using HostProcess second = await starting;
        Assert.Equal(first.EndPoint, second.EndPoint);
        Assert.Equal(second.Id, await ServingProcessAsync(second.EndPoint));
        Assert.Equal(second.Id, await ServingProcessAsync(new UnixDomainSocketEndPoint(UnixPath)));
        Assert.Equal(0, await second.StopAsync());
        Assert.False(File.Exists(UnixPath));
        Assert.Empty(Directory.GetFileSystemEntries(HandOverFolder));
    }

    /// <summary>Neither of the two is left, so the next process must be able to bind the path.</summary>
    [Theory, Transports(Model = "epoll")]
    public async Task A_socket_file_is_removed_when_both_processes_of_a_hand_over_stop(TransportUnderTest transport)
    {
        await using HostProcess first = await StartAsync(transport, $"unix={UnixPath}");
        Task<HostProcess> starting = await HeldAsync(transport, $"unix={UnixPath}");
        Assert.Equal(0, await first.StopAsync());
        Directory.Delete(HandOverFolder, recursive: true); // so that the second one stops by itself
        Release();
        await using HostProcess second = await starting;
        Assert.Equal(1, await second.ExitedAsync());
        Assert.False(File.Exists(UnixPath));
    }

    [Theory, Transports(Model = "epoll")]
    public async Task A_process_that_cannot_offer_its_sockets_stops_and_leaves_the_previous_one_in_service(TransportUnderTest transport)
    {
        await using HostProcess first = await StartAsync(transport, $"unix={UnixPath}");
        Task<HostProcess> starting = await HeldAsync(transport, $"unix={UnixPath}");
        Directory.Delete(HandOverFolder, recursive: true);
        Release();
        await using HostProcess second = await starting;
        Assert.Equal(1, await second.ExitedAsync());
        Assert.Contains($"The hand-over at {HandOverPath} cannot be offered", second.Output, StringComparison.Ordinal);
        await Deadline.Until(() => first.Output.Contains("This process remains in service.", StringComparison.Ordinal), () => first.Output);
        Assert.Equal(first.Id, await ServingProcessAsync(first.EndPoint));
        Assert.Equal(first.Id, await ServingProcessAsync(new UnixDomainSocketEndPoint(UnixPath)));
        Assert.Equal(0, await first.StopAsync());
        Assert.False(File.Exists(UnixPath));
    }

    [Theory, Transports(Model = "epoll")]
    public async Task Hand_over_works_after_the_process_had_no_descriptor_for_one(TransportUnderTest transport)
    {
        await using HostProcess first = await StartAsync(transport);
        await first.SetDescriptorLimitAsync("10:4096");
        using (Socket taker = new(AddressFamily.Unix, SocketType.Seqpacket, ProtocolType.Unspecified))
        {
            taker.Connect(new UnixDomainSocketEndPoint(HandOverPath));
            await Deadline.Until(
                () => first.Output.Contains($"A hand-over at {HandOverPath} failed", StringComparison.Ordinal), () => first.Output);
        }

        await first.SetDescriptorLimitAsync("4096:4096");
        await using HostProcess second = await StartAsync(transport);
        Assert.Equal(first.EndPoint, second.EndPoint);
        Assert.Equal(0, await first.ExitedAsync());
        Assert.Equal(second.Id, await ServingProcessAsync(second.EndPoint));
    }

    /// <summary>The later process has not taken the sockets over, so the earlier one knows nothing of it.</summary>
    [Theory, Transports(Model = "epoll")]
    public async Task A_process_that_stops_does_not_delete_the_path_of_a_later_one(TransportUnderTest transport)
    {
        await using HostProcess first = await StartAsync(transport);
        File.Delete(HandOverPath);
        await using HostProcess second = await StartAsync(transport);
        Assert.NotEqual(first.EndPoint, second.EndPoint);
        Assert.Equal(0, await first.StopAsync());
        await using HostProcess third = await StartAsync(transport);
        Assert.Equal(second.EndPoint, third.EndPoint);
        Assert.Equal(0, await second.ExitedAsync());
        Assert.Equal(0, await third.StopAsync());
        Assert.Empty(Directory.GetFileSystemEntries(HandOverFolder));
    }

    private Task<HostProcess> StartAsync(TransportUnderTest transport, params string[] arguments) =>
        HostProcess.StartAsync(transport, DescriptorLimit, [$"hand-over={HandOverPath}", .. arguments]);

    /// <summary>Starts a process, and returns when it has bound its end points; its host starts at <see cref="Release"/>.</summary>
    private async Task<Task<HostProcess>> HeldAsync(TransportUnderTest transport, params string[] arguments)
    {
        Task<HostProcess> starting = StartAsync(transport, [$"hold={Hold}", .. arguments]);
        await Deadline.Until(() => starting.IsFaulted || File.Exists(Hold + ".held"), () => "The process did not bind its end points.");
        return starting;
    }

    private void Release() => File.WriteAllText(Hold, "");

    private static async Task<int> ServingProcessAsync(EndPoint endPoint)
    {
        using RawClient client = await RawClient.ConnectAsync(endPoint);
        return int.Parse((await client.GetAsync("/process")).Text, CultureInfo.InvariantCulture);
    }
}
