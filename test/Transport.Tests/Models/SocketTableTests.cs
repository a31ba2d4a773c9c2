using Transport.Core.Readiness;

namespace Transport.Tests.Models;

/// <summary>The sockets of a loop by slot, and by descriptor.</summary>
public sealed class SocketTableTests
{
    /// <summary>A loop of many has every sixty-fourth descriptor, and slots without gaps.</summary>
    [Fact]
    public void Slots_have_no_gaps_and_the_one_that_was_used_last_comes_first()
    {
        SocketTable table = new(bySlot: true);
        SocketAt[] sockets = [.. Enumerable.Range(0, 200).Select(_ => new SocketAt())];
        for (int i = 0; i < sockets.Length; i++)
        {
            table.Add(descriptor: 64 * i, sockets[i]);
        }

        Assert.Equal(Enumerable.Range(0, 200), sockets.Select(socket => socket.Key));
        Assert.All(sockets, socket => Assert.Same(socket, table[socket.Key]));
        table.Remove(7);
        table.Remove(70);
        Assert.Null(table[7]);
        SocketAt[] later = [new(), new(), new()];
        Assert.All(later, socket => table.Add(descriptor: 5, socket));
        Assert.Equal([70, 7, 200], later.Select(socket => socket.Key));
        Assert.Same(later[1], table[7]);
    }

    [Fact]
    public void Descriptors_are_keys_where_a_poller_carries_no_others()
    {
        SocketTable table = new(bySlot: false);
        SocketAt socket = new();
        table.Add(descriptor: 5000, socket);
        Assert.Equal(5000, socket.Key);
        Assert.Same(socket, table[5000]);
        table.Remove(5000);
        Assert.Null(table[5000]);
        table.Add(descriptor: 3, socket);
        Assert.Equal(3, socket.Key);
    }

    /// <summary>
    /// A guest whose descriptor could not be registered is removed at once, and asked again when it parts: the slot is another's by then.
    /// </summary>
    [Fact]
    public void A_socket_that_was_removed_has_no_key_any_more()
    {
        SocketTable table = new(bySlot: true);
        SocketAt socket = new();
        table.Add(descriptor: 5, socket);
        table.Remove(socket.Key);
        Assert.Equal(SocketTable.NoKey, socket.Key);
        Assert.Null(table[socket.Key]);
    }

    /// <summary>Events of sockets that have been removed meanwhile.</summary>
    [Theory, InlineData(-1), InlineData(64), InlineData(int.MaxValue)]
    public void Keys_that_nobody_has_find_nothing(int key) => Assert.Null(new SocketTable(bySlot: true)[key]);

    [Fact]
    public void All_that_are_left_are_closed()
    {
        SocketTable table = new(bySlot: true);
        SocketAt[] sockets = [new(), new(), new()];
        Assert.All(sockets, socket => table.Add(9, socket));
        table.Remove(1);
        table.Close();
        Assert.Equal([true, false, true], sockets.Select(socket => socket.IsClosed));
    }

    private sealed class SocketAt : IReadinessSocket
    {
        public int Key { get; set; }

        public bool IsClosed { get; private set; }

        public void OnReady(Readiness readiness)
        {
        }

        public void Continue()
        {
        }

        public void Close() => IsClosed = true;
    }
}
