namespace Transport.Core.Readiness;

/// <summary>The sockets of a loop, by the key under which the poller reports their events. Loop thread only.</summary>
/// <param name="bySlot">
/// Keys are slots of this table, the one that was used last first. Descriptors as keys need a poller that cannot carry any other: a
/// process has them in common, so that the tables of 64 loops have 64 entries for each.
/// </param>
internal sealed class SocketTable(bool bySlot)
{
    /// <summary>The key of a socket that is in no table.</summary>
    public const int NoKey = -1;

    private readonly Stack<int> _free = new();
    private IReadinessSocket?[] _sockets = new IReadinessSocket?[64];
    private int _slots;

    /// <summary>The socket with that key. Null if there is none (any more).</summary>
    public IReadinessSocket? this[int key] => (uint)key < (uint)_sockets.Length ? _sockets[key] : null;

    /// <summary>Adds a socket, and sets its key.</summary>
    public void Add(int descriptor, IReadinessSocket socket)
    {
        int key = !bySlot ? descriptor : _free.TryPop(out int free) ? free : _slots++;
        if (key >= _sockets.Length)
        {
            Array.Resize(ref _sockets, Math.Max(key + 1, _sockets.Length * 2));
        }

        _sockets[key] = socket;
        socket.Key = key;
    }

    /// <summary>Removes the socket with that key. It has none any more, since another one may get it from now on.</summary>
    public void Remove(int key)
    {
        _sockets[key]!.Key = NoKey;
        _sockets[key] = null;
        if (bySlot)
        {
            _free.Push(key);
        }
    }

    /// <summary>Closes all sockets.</summary>
    public void Close()
    {
        foreach (IReadinessSocket? socket in _sockets)
        {
            socket?.Close();
        }
    }
}
