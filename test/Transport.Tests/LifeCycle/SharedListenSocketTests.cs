using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Transport.Core.Interop.Sockets;
using Transport.Core.Listening;
using Transport.Epoll;

namespace Transport.Tests.LifeCycle;

/// <summary>
/// A listening socket that another process may hold. The other process is a duplicate of the descriptor, which has the same open file
/// description.
/// </summary>
public sealed class SharedListenSocketTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("shared-socket-").FullName;

    private static EpollTransportOptions Options => new() { LoopCount = 1 };

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task An_adopted_socket_is_not_shut_down_before_the_new_process_owns_it()
    {
        using Socket previous = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        previous.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        previous.Listen();
        using ListenSocket adopted = ListenSocket.Adopt([Duplicate((int)previous.Handle)], Options);
        adopted.Shutdown();
        await AssertAcceptsAsync(previous);
        adopted.OwnFile();
        adopted.Shutdown();
        AssertRefuses(previous.LocalEndPoint!);
    }

    [Theory, InlineData(true), InlineData(false)]
    public async Task A_socket_that_was_sent_is_neither_shut_down_nor_deleted(bool isUnix)
    {
        using ListenSocket socket = ListenSocket.Bind(isUnix ? UnixEndPoint : new IPEndPoint(IPAddress.Loopback, 0), Options, Logger);
        using Socket sent = Share(socket);
        socket.Shutdown();
        await AssertAcceptsAsync(sent);
        socket.Dispose();
        await AssertAcceptsAsync(sent);
        Assert.Equal(isUnix, File.Exists(UnixPath));
    }

    [Fact]
    public void A_socket_whose_hand_over_failed_is_deleted_again()
    {
        using ListenSocket socket = ListenSocket.Bind(UnixEndPoint, Options, Logger);
        using (Share(socket))
        {
            socket.EndSharing();
            socket.Dispose();
            Assert.False(File.Exists(UnixPath));
        }
    }

    /// <summary>The process that was sent the descriptors ends after the one that sent them has closed its own.</summary>
    [Fact]
    public void A_file_on_which_no_process_listens_any_more_is_deleted()
    {
        using ListenSocket socket = ListenSocket.Bind(UnixEndPoint, Options, Logger);
        Socket sent = Share(socket);
        socket.Dispose();
        Assert.True(File.Exists(UnixPath));
        sent.Dispose();
        socket.EndSharing();
        Assert.False(File.Exists(UnixPath));
    }

    [Fact]
    public void A_socket_that_was_shut_down_is_not_sent()
    {
        using ListenSocket socket = ListenSocket.Bind(new IPEndPoint(IPAddress.Loopback, 0), Options, Logger);
        socket.Shutdown();
        Assert.False(socket.TryShare(static _ => Assert.Fail("The sockets do not listen.")));
    }

    private string UnixPath => Path.Combine(_folder, "app.sock");

    private UnixDomainSocketEndPoint UnixEndPoint => new(UnixPath);

    private static ILogger Logger => NullLogger.Instance;

    private static Socket Share(ListenSocket socket)
    {
        Socket? sent = null;
        Assert.True(socket.TryShare(descriptors => sent = Duplicate(Assert.Single(descriptors))));
        return sent!;
    }

    private static Socket Duplicate(int descriptor) =>
        new(new SafeSocketHandle((int)SocketCalls.Duplicate(descriptor).ThrowIfError("fcntl(F_DUPFD_CLOEXEC)"), ownsHandle: true));

    private static async Task AssertAcceptsAsync(Socket listening)
    {
        using Socket client = Client(listening.LocalEndPoint!);
        client.Connect(listening.LocalEndPoint!);
        (await listening.AcceptAsync().WithinDeadline()).Dispose();
    }

    private static void AssertRefuses(EndPoint endPoint)
    {
        using Socket client = Client(endPoint);
        SocketException refused = Assert.Throws<SocketException>(() => client.Connect(endPoint));
        Assert.Equal(SocketError.ConnectionRefused, refused.SocketErrorCode);
    }

    private static Socket Client(EndPoint endPoint) => new(
        endPoint.AddressFamily, SocketType.Stream, endPoint is IPEndPoint ? ProtocolType.Tcp : ProtocolType.Unspecified);
}
