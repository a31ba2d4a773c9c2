using System.Globalization;
using System.Net;
using Transport.Tests.Hostile;

namespace Transport.Tests.LifeCycle;

/// <summary>
/// Hand-overs between processes of different users (SO_PEERCRED). Whoever has the sockets can accept all clients, so both sides refuse.
/// </summary>
public sealed class HandOverUserTests : IDisposable
{
    private const int DescriptorLimit = 4096;
    private const int Nobody = 65534;
    private const UnixFileMode Everybody = (UnixFileMode)0x1ff; // 0777
    private static readonly string[] s_asNobody = ["setpriv", $"--reuid={Nobody}", $"--regid={Nobody}", "--clear-groups"];

    private readonly string _folder = Directory.CreateTempSubdirectory("hand-over-user-").FullName;

    private string HandOverPath => Path.Combine(_folder, "hand-over.sock");

    public HandOverUserTests()
    {
        if (OperatingSystem.IsLinux())
        {
            File.SetUnixFileMode(_folder, Everybody);
        }
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Theory, Transports(Model = "epoll")]
    public async Task A_process_of_another_user_may_not_connect(TransportUnderTest transport)
    {
        SkipUnlessRoot();
        await using HostProcess first = await StartAsync([], transport);
        InvalidOperationException failure = await Assert.ThrowsAsync<InvalidOperationException>(() => StartAsync(s_asNobody, transport));
        Assert.Contains(
            $"The process that listens on {HandOverPath} did not hand its sockets over: Permission denied", failure.Message,
            StringComparison.Ordinal);
        Assert.Equal(first.Id, await ServingProcessAsync(first.EndPoint));
    }

    /// <summary>The file's mode has been changed, so that the other user's process can connect.</summary>
    [Theory, Transports(Model = "epoll")]
    public async Task A_process_of_another_user_gets_no_sockets(TransportUnderTest transport)
    {
        SkipUnlessRoot();
        await using HostProcess first = await StartAsync([], transport);
        Permit();
        InvalidOperationException failure = await Assert.ThrowsAsync<InvalidOperationException>(() => StartAsync(s_asNobody, transport));
        Assert.DoesNotContain("Took over", failure.Message, StringComparison.Ordinal);
        string refused = $"belongs to user {Nobody}; allowed: user 0 or root. This process remains";
        await Deadline.Until(() => first.Output.Contains(refused, StringComparison.Ordinal), () => first.Output);
        Assert.Equal(first.Id, await ServingProcessAsync(first.EndPoint));

        await using HostProcess second = await StartAsync([], transport);
        Assert.Equal(first.EndPoint, second.EndPoint);
        Assert.Equal(0, await first.ExitedAsync());
        Assert.Equal(second.Id, await ServingProcessAsync(second.EndPoint));
    }

    /// <summary>Another user could pass a socket that it listens on itself, and take clients from it.</summary>
    [Theory, Transports(Model = "epoll")]
    public async Task No_sockets_are_taken_from_a_process_of_another_user(TransportUnderTest transport)
    {
        SkipUnlessRoot();
        await using HostProcess first = await StartAsync(s_asNobody, transport);
        InvalidOperationException failure = await Assert.ThrowsAsync<InvalidOperationException>(() => StartAsync([], transport));
        string refused = $"process {first.Id} belongs to user {Nobody}; allowed: user 0 or root.";
        Assert.Contains(refused, failure.Message, StringComparison.Ordinal);
        Assert.Equal(first.Id, await ServingProcessAsync(first.EndPoint));
    }

    private static void SkipUnlessRoot() => Assert.SkipUnless(
        Environment.IsPrivilegedProcess && File.Exists("/usr/bin/setpriv"), "Only root can start a process as another user (setpriv).");

    private void Permit()
    {
        if (OperatingSystem.IsLinux())
        {
            File.SetUnixFileMode(HandOverPath, Everybody);
        }
    }

    private Task<HostProcess> StartAsync(string[] wrapper, TransportUnderTest transport) =>
        HostProcess.StartAsync(wrapper, transport, DescriptorLimit, $"hand-over={HandOverPath}");

    private static async Task<int> ServingProcessAsync(EndPoint endPoint)
    {
        using RawClient client = await RawClient.ConnectAsync(endPoint);
        return int.Parse((await client.GetAsync("/process")).Text, CultureInfo.InvariantCulture);
    }
}
