using System.Globalization;
using Transport.Tests.Scheduling;

namespace Transport.Tests.Hostile;

/// <summary>
/// A container with a limit of threads, and more clients than it allows. Where the kernel refuses a thread, the runtime may want one at the
/// same moment and end the process ("Out of memory."). So no thread is refused.
/// </summary>
[Trait("Category", "Hostile")]
public sealed class CgroupLimitTests
{
    private const int DescriptorLimit = 1000;

    [Theory, Transports(Model = "blocking")]
    public async Task The_kernel_never_refuses_a_thread(TransportUnderTest transport)
    {
        using CgroupFolder? cgroup = CgroupFolder.TryCreate(1000);
        Assert.SkipWhen(cgroup is null, "No cgroup can be created here.");
        await using HostProcess host = await HostProcess.StartAsync(cgroup.Wrapper, transport, DescriptorLimit);
        using RawClient first = await RawClient.ConnectAsync(host.EndPoint);
        Assert.Equal(200, (await first.GetAsync("/")).Status);
        cgroup.Set("", "pids.max", int.Parse(cgroup.Read("pids.current"), CultureInfo.InvariantCulture) + 10);

        List<RawClient> clients = [];
        for (int i = 0; i < 100; i++)
        {
            clients.Add(await RawClient.ConnectAsync(host.EndPoint));
            await clients[i].SendAsync("GET / HTTP/1.1\r\nHost: test\r\n\r\n");
        }

        await Deadline.Until(() => host.Output.Contains("could not be started", StringComparison.Ordinal) || host.HasExited,
            () => "every client has a thread");
        Assert.Equal("max 0", cgroup.Read("pids.events"));
        Assert.Equal(200, (await first.GetAsync("/")).Status);

        cgroup.Set("", "pids.max", 1000);
        foreach (RawClient client in clients)
        {
            Assert.Equal(200, (await new HttpReplyReader(client).ReadAsync().WithinDeadline()).Status);
            client.Dispose();
        }

        Assert.False(host.HasExited, host.Output);
    }
}
