using System.Net.Sockets;
using Microsoft.Extensions.Logging.Abstractions;
using Transport.Core.HandOver;
using Transport.Core.Interop;

namespace Transport.Tests.LifeCycle;

/// <summary>A process that ends removes the hand-over's path only if no other process has replaced it.</summary>
public sealed class HandOverPathTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("hand-over-path-").FullName;

    private string HandOverPath => Path.Combine(_folder, "hand-over.sock");

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    /// <summary>Whoever replaces the path has the lock. Nothing may be deleted meanwhile, not even what is still one's own.</summary>
    [Fact]
    public void Nothing_is_deleted_while_another_process_replaces_the_path()
    {
        HandOverServer server = Create();
        server.Start();
        using FolderLock? held = FolderLock.TryTake(_folder, TimeSpan.Zero);
        Assert.NotNull(held);
        server.Dispose();
        Assert.True(File.Exists(HandOverPath));
    }

    /// <summary>The window between comparing the path and deleting it.</summary>
    [Fact]
    public void A_path_that_is_replaced_while_its_owner_ends_leads_to_the_other_one()
    {
        for (int i = 0; i < 500; i++)
        {
            HandOverServer first = Create();
            first.Start();
            using HandOverServer second = Create();
            using Barrier together = new(2);
            Parallel.Invoke(
                () =>
                {
                    together.SignalAndWait();
                    first.Dispose();
                },
                () =>
                {
                    together.SignalAndWait();
                    second.Start();
                });
            using Socket client = new(AddressFamily.Unix, SocketType.Seqpacket, ProtocolType.Unspecified);
            client.Connect(new UnixDomainSocketEndPoint(HandOverPath));
        }
    }

    [Fact]
    public void The_path_is_removed_at_the_end()
    {
        HandOverServer server = Create();
        server.Start();
        server.Dispose();
        Assert.Empty(Directory.GetFileSystemEntries(_folder));
    }

    private HandOverServer Create() => new(HandOverPath, static () => [], static _ => { }, NullLogger.Instance);
}
