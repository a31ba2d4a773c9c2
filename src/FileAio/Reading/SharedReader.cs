using FileAio.Buffers;
using FileAio.Engines;

namespace FileAio.Reading;

/// <summary>One response among those that read the same version of a file.</summary>
internal sealed class SharedReader(SharedFile file, AlignedBufferPool pool, EngineContext? context) : IDisposable
{
    // Smaller responses do not justify the copy out of a shared buffer.
    private const long LeastBefore = ReadsAhead.GrowsAfter;

    private long _next, _end;
    private long _start = -1;

    /// <summary>The offset of the next read. Written by the response, read by others.</summary>
    public long Next => Volatile.Read(ref _next);

    /// <summary>The end of the range that the response sends.</summary>
    public long End => Volatile.Read(ref _end);

    /// <summary>Whether other responses read the file.</summary>
    public bool HasOthers => file.HasOthers;

    /// <summary>The response begins a range.</summary>
    public void Begin(long start, long end)
    {
        Volatile.Write(ref _next, start);
        Volatile.Write(ref _end, end);
        _start = start;
    }

    /// <summary>Whether the next read is likely to be shared, and should go into a buffer, not into the response's pipe.</summary>
    public bool IsNearOthers(long position)
    {
        Volatile.Write(ref _next, position);
        return file.HasOthers && position - _start >= LeastBefore && file.IsNear(this, position);
    }

    /// <summary>Returns a read of another response that contains the offset, if there is one.</summary>
    public PendingRead? TryJoin(long position)
    {
        Volatile.Write(ref _next, position);
        return file.HasOthers && file.TryHold(position) is { } read ? Join(read) : null;
    }

    /// <summary>
    /// Starts the read, or joins one that another response has started meanwhile. If this throws, the buffer has been returned.
    /// </summary>
    public PendingRead Start(DirectReader reader, AlignedBuffer buffer, long position, int length)
    {
        if (!file.HasOthers || file.AddOrHold(this, buffer, position, length) is not { } read)
        {
            Volatile.Write(ref _next, position + length);
            return reader.StartAlone(pool, buffer, position, length);
        }

        if (read.Buffer != buffer)
        {
            pool.Return(buffer);
            return Join(read);
        }

        Volatile.Write(ref _next, position + length);
        buffer.Read.Observer = read;
        try
        {
            return reader.Start(buffer, position, length) with { Shared = read };
        }
        catch
        {
            buffer.Read.Observer = null;
            read.OnCompleted(SysResult.Error(Errno.EAGAIN)); // others read for themselves
            read.Release();
            throw;
        }
    }

    public void Dispose() => file.Exit(this);

    private PendingRead Join(SharedRead read)
    {
        Volatile.Write(ref _next, read.Position + read.Length);
        return new PendingRead(read.Buffer, read.Position, read.Length, read.WaitAsync(context), read, IsJoined: true);
    }
}
