using Transport.Uring.Rings;

namespace Transport.Uring;

/// <summary>The sockets of a loop. Each has a slot until the kernel has completed all of its operations.</summary>
internal sealed class SocketTable
{
    private readonly Stack<int> _free = new();
    private Slot[] _slots = new Slot[256];
    private int _used;

    public int Count { get; private set; }

    /// <returns>The value that identifies the socket's operations.</returns>
    public UserData Add(IUringSocket socket)
    {
        if (!_free.TryPop(out int slot))
        {
            slot = _used++;
            if (slot == _slots.Length)
            {
                Array.Resize(ref _slots, slot * 2);
            }
        }

        _slots[slot].Socket = socket;
        Count++;
        return new UserData(OperationKind.Incoming, _slots[slot].Generation, slot);
    }

    public void Remove(UserData id)
    {
        ref Slot slot = ref _slots[id.Slot];
        slot.Socket = null;
        slot.Generation = (slot.Generation + 1) & UserData.MaxGeneration;
        _free.Push(id.Slot);
        Count--;
    }

    /// <summary>Returns the socket of a completion; null if it has left its slot.</summary>
    public IUringSocket? Find(UserData id)
    {
        ref Slot slot = ref _slots[id.Slot];
        return slot.Generation == id.Generation ? slot.Socket : null;
    }

    /// <summary>Returns a snapshot of all sockets.</summary>
    public IUringSocket[] ToArray() => [.. _slots.Where(static slot => slot.Socket is not null).Select(static slot => slot.Socket!)];

    private struct Slot
    {
        public IUringSocket? Socket;
        public int Generation;
    }
}
