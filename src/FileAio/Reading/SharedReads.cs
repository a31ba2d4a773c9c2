using FileAio.Buffers;
using FileAio.Engines;
using FileAio.Files;

namespace FileAio.Reading;

/// <summary>
/// The files that several responses read directly at the same time. These responses share their reads: a file that many clients download
/// together is read from the disk about once.
/// </summary>
internal sealed class SharedReads
{
    private readonly AlignedBufferPool _pool;
    private readonly Lock _gate = new();
    private readonly Dictionary<FileVersion, SharedFile> _files = [];
    private long _kept;

    public SharedReads(AlignedBufferPool pool)
    {
        _pool = pool;
        pool.Budget.Reclaim += TryReclaim;
    }

    /// <summary>The bytes of buffers that no response holds.</summary>
    public long Kept => Interlocked.Read(ref _kept);

    /// <summary>
    /// Adds a response. Returns null if its file was changed so recently that its version cannot be told from the next one.
    /// </summary>
    public SharedReader? Enter(OpenedFile file, DateTimeOffset now, EngineContext? context)
    {
        FileVersion version = FileVersion.Of(file.Facts);
        if (!version.IsSettled(now))
        {
            return null;
        }

        lock (_gate)
        {
            if (!_files.TryGetValue(version, out SharedFile? shared))
            {
                _files.Add(version, shared = new SharedFile(version, this, _pool));
            }

            SharedReader reader = new(shared, _pool, context);
            shared.Add(reader);
            return reader;
        }
    }

    /// <summary>Removes a response. It holds no buffers.</summary>
    public void Exit(SharedFile file, SharedReader reader)
    {
        lock (_gate)
        {
            if (file.Remove(reader))
            {
                _files.Remove(file.Version);
            }
        }
    }

    /// <summary>Reserves the right to keep a buffer that no response holds. It is refused while memory is scarce.</summary>
    public bool TryKeep(int size)
    {
        if (_pool.Budget.IsAboveHalf)
        {
            return false;
        }

        // Read-ahead pauses when half of the memory is in use. A guess.
        if (Interlocked.Add(ref _kept, size) <= _pool.Budget.Limit / 4)
        {
            return true;
        }

        Interlocked.Add(ref _kept, -size);
        return false;
    }

    public void NoLongerKept(int size) => Interlocked.Add(ref _kept, -size);

    /// <summary>Returns the buffers that no response holds. Returns whether there were any.</summary>
    private bool TryReclaim()
    {
        if (Kept == 0)
        {
            return false;
        }

        SharedFile[] files;
        lock (_gate)
        {
            files = [.. _files.Values];
        }

        foreach (SharedFile file in files)
        {
            file.DropKept();
        }

        return true;
    }
}
