namespace Transport.Uring.Rings;

/// <summary>
/// The order of buffers that multishot receives have filled and that are not in a pipe yet. The lists of all connections of a loop share
/// two arrays, since a buffer is in one list at most. Loop thread.
/// </summary>
internal sealed class HeldBuffers(BufferRing buffers)
{
    private const int End = -1;

    private readonly int[] _next = new int[buffers.Count];
    private readonly int[] _length = new int[buffers.Count];

    /// <summary>Appends a buffer with <paramref name="length"/> received bytes.</summary>
    public void Append(ref HeldList list, ushort id, int length)
    {
        _next[id] = End;
        _length[id] = length;
        if (list.Count++ == 0)
        {
            list.First = id;
        }
        else
        {
            _next[list.Last] = id;
        }

        list.Last = id;
    }

    /// <summary>Returns the bytes of the first buffer; the list must not be empty.</summary>
    public ReadOnlySpan<byte> First(in HeldList list) => buffers.Read(list.First, _length[list.First]);

    /// <summary>Removes the first buffer, and returns it to the kernel.</summary>
    public void ReturnFirst(ref HeldList list)
    {
        ushort id = list.First;
        list.First = (ushort)_next[id];
        list.Count--;
        buffers.Return(id);
    }

    /// <summary>Returns all buffers of the list to the kernel.</summary>
    public void ReturnAll(ref HeldList list)
    {
        while (list.Count > 0)
        {
            ReturnFirst(ref list);
        }
    }
}
