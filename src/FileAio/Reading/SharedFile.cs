using FileAio.Buffers;

namespace FileAio.Reading;

/// <summary>The responses that read one version of a file, and the reads that they share.</summary>
/// <remarks>
/// A read is shared while it is in flight, and afterwards while a response holds its buffer. Then the buffer is kept for responses that are
/// at most <see cref="Window"/> bytes behind: they are faster than the disk, reach the first one, and share its reads from then on. A
/// response also takes part in a read that begins before the offset that it needs.
/// </remarks>
internal sealed class SharedFile(FileVersion version, SharedReads owner, AlignedBufferPool pool)
{
    /// <summary>
    /// The distance in bytes at which responses share: 30 ms of a disk with 1 GB/s. With 16 MiB, 16 downloads that began together had 0.8
    /// to 0.9 of the throughput.
    /// </summary>
    public const long Window = 32 << 20;

    // With more responses, one that is near is assumed instead of searched.
    private const int MostSearched = 64;

    private readonly List<SharedReader> _readers = [];
    private readonly Dictionary<long, SharedRead> _reads = [];
    private readonly LinkedList<SharedRead> _kept = new();
    private long _keptBytes;
    private int _count;

    public FileVersion Version => version;

    /// <summary>Protects the reads too.</summary>
    public Lock Gate { get; } = new();

    /// <summary>Whether more than one response reads the file.</summary>
    public bool HasOthers => Volatile.Read(ref _count) > 1;

    public void Add(SharedReader reader)
    {
        lock (Gate)
        {
            _readers.Add(reader);
            _count = _readers.Count;
        }
    }

    /// <summary>Removes a response. Returns true if it was the last one.</summary>
    public bool Remove(SharedReader reader)
    {
        lock (Gate)
        {
            _readers.Remove(reader);
            _count = _readers.Count;
        }

        if (_count < 2)
        {
            DropKept();
        }
        else
        {
            DropUnwanted();
        }

        return _count == 0;
    }

    public void Exit(SharedReader reader) => owner.Exit(this, reader);

    /// <summary>Returns whether another response is so near that sharing is likely.</summary>
    public bool IsNear(SharedReader reader, long position)
    {
        lock (Gate)
        {
            return _count > MostSearched || _readers.Exists(other => other != reader
                && Math.Abs(other.Next - position) <= Window && position < other.End);
        }
    }

    /// <summary>Returns a read that contains the offset, held by one more response; null if there is none.</summary>
    public SharedRead? TryHold(long position)
    {
        lock (Gate)
        {
            long grown = position - (position % ReadsAhead.GrownChunk);
            if (_reads.Count == 0 || (Find(position, position) ?? Find(position, grown)) is not { } read)
            {
                return null;
            }

            read.Holders++;
            if (read.Kept is not null)
            {
                Unkeep(read);
            }

            return read;
        }
    }

    /// <summary>
    /// Adds a read that is about to start. Returns the one that another response has added meanwhile, held. Returns null if no response
    /// will want the read.
    /// </summary>
    public SharedRead? AddOrHold(SharedReader reader, AlignedBuffer buffer, long position, int length)
    {
        lock (Gate)
        {
            if (TryHold(position) is { } known)
            {
                return known;
            }

            if (!IsWanted(reader, position))
            {
                return null;
            }

            SharedRead read = new(this, buffer, position, length, Math.Min(length, version.Size - position));
            _reads[position] = read;
            return read;
        }
    }

    /// <summary>Removes a read that cannot be shared any more. Requires the gate.</summary>
    public void Forget(SharedRead read)
    {
        if (IsKnown(read))
        {
            _reads.Remove(read.Position);
        }
    }

    /// <summary>A response no longer holds the read. The buffer of the last one is kept or returned.</summary>
    public void Release(SharedRead read)
    {
        bool isKept;
        lock (Gate)
        {
            if (--read.Holders > 0)
            {
                return;
            }

            isKept = read.IsWhole && IsKnown(read) && IsWanted(null, read.Position) && owner.TryKeep(read.Buffer.Size);
            if (isKept)
            {
                read.Kept = _kept.AddLast(read);
                _keptBytes += read.Buffer.Size;
                if (_keptBytes <= Window)
                {
                    return;
                }
            }
            else
            {
                Forget(read);
            }
        }

        if (isKept)
        {
            DropKept(Window);
        }
        else
        {
            pool.Return(read.Buffer);
        }
    }

    /// <summary>Returns buffers that no response holds, the oldest first, until <paramref name="most"/> bytes are left.</summary>
    public void DropKept(long most = 0)
    {
        while (true)
        {
            SharedRead? dropped;
            lock (Gate)
            {
                dropped = _keptBytes > most ? TakeOldestKept() : null;
            }

            if (dropped is null)
            {
                return;
            }

            pool.Return(dropped.Buffer);
        }
    }

    /// <summary>Returns the buffers that no response holds, and that none is behind any more.</summary>
    private void DropUnwanted()
    {
        List<SharedRead> dropped = [];
        lock (Gate)
        {
            for (LinkedListNode<SharedRead>? node = _kept.First, next; node is not null; node = next)
            {
                next = node.Next;
                if (!IsWanted(null, node.Value.Position))
                {
                    dropped.Add(node.Value);
                    Unkeep(node.Value);
                    Forget(node.Value);
                }
            }
        }

        foreach (SharedRead read in dropped)
        {
            pool.Return(read.Buffer);
        }
    }

    /// <summary>Removes the oldest buffer that no response holds. Requires the gate.</summary>
    private SharedRead? TakeOldestKept()
    {
        if (_kept.First?.Value is not { } oldest)
        {
            return null;
        }

        Unkeep(oldest);
        Forget(oldest);
        return oldest;
    }

    /// <summary>Returns the read that begins at the start and contains the offset. Requires the gate.</summary>
    private SharedRead? Find(long position, long start) =>
        _reads.TryGetValue(start, out SharedRead? read) && position < start + read.Length ? read : null;

    /// <summary>Whether responses find the read: it was not forgotten. Requires the gate.</summary>
    private bool IsKnown(SharedRead read) => _reads.TryGetValue(read.Position, out SharedRead? known) && known == read;

    private void Unkeep(SharedRead read)
    {
        _kept.Remove(read.Kept!);
        read.Kept = null;
        _keptBytes -= read.Buffer.Size;
        owner.NoLongerKept(read.Buffer.Size);
    }

    /// <summary>Whether a response is at, or a little before, the position. Requires the gate.</summary>
    private bool IsWanted(SharedReader? except, long position) => _count > MostSearched || _readers.Exists(other => other != except
        && other.Next <= position && position < other.End && position - other.Next <= Window);
}
