using System.Net.Sockets;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;
using Microsoft.Extensions.Logging.Abstractions;
using Transport.Core.Listening;
using Transport.Epoll;

namespace Transport.Tests.LifeCycle;

/// <summary>Whose file is at the path of a Unix socket, while several processes start and stop.</summary>
public sealed class UnixSocketFileTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("socket-file-").FullName;

    private UnixDomainSocketEndPoint EndPoint => new(Path.Combine(_folder, "app.sock"));

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    /// <summary>Until it listens, connect(2) fails as it does for the socket of a process that has ended.</summary>
    [Fact]
    public async Task A_socket_that_is_bound_and_does_not_listen_yet_keeps_its_file()
    {
        Task deleting = Task.CompletedTask;
        EpollTransportOptions options = new() { LoopCount = 1 };
        options.CreateBoundListenSocket = endPoint =>
        {
            Socket socket = SocketTransportOptions.CreateDefaultBoundListenSocket(endPoint);
            deleting = Task.Run(() => UnixSocketFile.DeleteIfUnused(EndPoint));

            // Time for the deletion, which must not come before listen(2). Too little would hide the defect; it cannot fail the test.
            Task.WaitAny([deleting], 300, Deadline.Token);
            return socket;
        };
        using ListenSocket listening = ListenSocket.Bind(EndPoint, options, NullLogger.Instance);
        await deleting.WithinDeadline();
        using RawClient client = await RawClient.ConnectAsync(EndPoint);
    }

    [Fact]
    public async Task A_listener_that_ends_leaves_the_file_of_another_process_that_has_replaced_its_own()
    {
        using ListenSocket listening = ListenSocket.Bind(EndPoint, new EpollTransportOptions { LoopCount = 1 }, NullLogger.Instance);
        using Socket other = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        File.Delete(EndPoint.ToString());
        other.Bind(EndPoint);
        other.Listen();
        listening.Dispose();
        using RawClient client = await RawClient.ConnectAsync(EndPoint);
    }

    [Fact]
    public void A_stale_file_is_deleted()
    {
        Socket killed = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        killed.Bind(EndPoint);
        killed.Listen();
        killed.SafeHandle.Dispose();
        GC.SuppressFinalize(killed);
        Assert.True(File.Exists(EndPoint.ToString()));
        UnixSocketFile.DeleteIfUnused(EndPoint);
        Assert.False(File.Exists(EndPoint.ToString()));
    }
}
