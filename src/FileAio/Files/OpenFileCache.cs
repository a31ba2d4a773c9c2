using FileAio.Diagnostics;

namespace FileAio.Files;

/// <summary>Caches open files by path, as nginx's open_file_cache does. The least recently used entry is evicted first.</summary>
/// <remarks>
/// Files are identified by device and inode. So two names of one file share a descriptor, and a replaced file is detected. Files are
/// reference-counted, so that none is closed during a read.
/// <para>Unlike in nginx, a hit calls fstat: a file that was written or deleted in place is detected at once. Only a name that now leads to
/// another file is detected after <see cref="OpenFileCacheOptions.Valid"/>. System calls are made outside the lock, because they may wait
/// for a server or a disk.</para>
/// <para>A lookup evicts two unused entries at most, as in nginx. A timer evicts the rest, so that a folder without requests does not keep
/// deleted files open.</para>
/// </remarks>
internal sealed class OpenFileCache
{
    /// <summary>How many entries are evicted under the lock at a time, besides those of lookups. An estimate.</summary>
    private const int Batch = 64;

    private readonly OpenFileCacheOptions _options;
    private readonly TimeProvider _time;
    private readonly ExpiryTimer _timer;
    private readonly Lock _gate = new();
    private readonly Dictionary<string, LinkedListNode<Entry>> _byPath = new(StringComparer.Ordinal);
    private readonly Dictionary<(ulong Device, ulong Inode), OpenedFile> _byInode = [];
    private readonly LinkedList<Entry> _recent = new();

    public OpenFileCache(OpenFileCacheOptions options, TimeProvider time)
    {
        (_options, _time) = (options, time);
        _timer = new ExpiryTimer(time, options.Inactive, Expire, () => Count > 0);
    }

    /// <summary>The number of names in the cache.</summary>
    public int Count
    {
        get
        {
            lock (_gate)
            {
                return _byPath.Count;
            }
        }
    }

    public bool TryGet(string path, out OpenResult found)
    {
        long now = _time.GetTimestamp();
        bool known = false;
        found = default;
        List<OpenedFile>? dropped = null;
        lock (_gate)
        {
            ExpireOldest(now, 2, ref dropped);
            if (_byPath.TryGetValue(path, out LinkedListNode<Entry>? node))
            {
                Entry entry = node.Value;
                entry.Uses++;
                entry.LastUsed = now;
                _recent.Remove(node);
                _recent.AddFirst(node);
                known = entry.HasResult && _time.GetElapsedTime(entry.Checked, now) < _options.Valid
                    && (entry.File?.TryAddReference() ?? true);
                if (known)
                {
                    found = new OpenResult(entry.Result, entry.File, false);
                }
            }
        }
        Close(dropped);
        bool hit = known && IsCurrent(found.File);
        if (known && !hit)
        {
            found.File!.Release();
            found = default;
        }

        FileMetrics.CacheLookup(hit);
        return hit;
    }

    /// <summary>
    /// Adds the result of an open. If the cache already has the same version of the file, that one is returned, and the new descriptor is
    /// closed.
    /// </summary>
    public OpenResult Add(string path, OpenResult opened)
    {
        List<OpenedFile>? dropped = null;
        try
        {
            return Add(path, opened, _time.GetTimestamp(), ref dropped);
        }
        finally
        {
            Close(dropped);
            _timer.Set();
        }
    }

    private OpenResult Add(string path, OpenResult opened, long now, ref List<OpenedFile>? dropped)
    {
        lock (_gate)
        {
            if (opened.File is null
                && !(_options.Errors && opened.Result.Errno is Errno.ENOENT or Errno.ENOTDIR or Errno.EACCES or Errno.ELOOP or Errno.EXDEV))
            {
                // Further requests for a deleted file must not keep it open, and its blocks allocated.
                if (_byPath.TryGetValue(path, out LinkedListNode<Entry>? gone))
                {
                    Drop(gone, ref dropped);
                }

                return opened;
            }
            OpenedFile? file = opened.File is null ? null : Share(opened.File, ref dropped);
            if (!_byPath.TryGetValue(path, out LinkedListNode<Entry>? node))
            {
                while (_byPath.Count >= _options.Max)
                {
                    Drop(_recent.Last!, ref dropped);
                }

                node = _recent.AddFirst(new Entry(path) { Uses = 1 });
                _byPath.Add(path, node);
            }
            Hold(node.Value, node.Value.Uses >= _options.MinUses ? file : null, ref dropped);
            (node.Value.Result, node.Value.Checked, node.Value.LastUsed) = (opened.Result, now, now);
            node.Value.HasResult = file is null || node.Value.File is not null;
            return opened with { File = file };
        }
    }

    /// <summary>Removes all entries. Files that are being read are closed after their last read.</summary>
    public void Clear()
    {
        List<OpenedFile>? dropped = null;
        lock (_gate)
        {
            while (_recent.Last is { } last)
            {
                Drop(last, ref dropped);
            }
        }
        Close(dropped);
    }

    private static bool IsCurrent(OpenedFile? file) =>
        file is null || (!FileFacts.Of(file.Descriptor, out FileFacts now).IsError && now.Links > 0 && now.SameVersion(file.Facts));

    /// <summary>Called outside the lock.</summary>
    private static void Close(List<OpenedFile>? dropped)
    {
        foreach (OpenedFile file in dropped ?? [])
        {
            file.Release();
        }
    }

    private OpenedFile Share(OpenedFile opened, ref List<OpenedFile>? dropped)
    {
        if (!_byInode.TryGetValue((opened.Facts.Device, opened.Facts.Inode), out OpenedFile? known)
            || !known.Facts.SameVersion(opened.Facts) || !known.TryAddReference())
        {
            return opened;
        }

        (dropped ??= []).Add(opened);
        return known;
    }

    /// <summary>Replaces the file of an entry.</summary>
    private void Hold(Entry entry, OpenedFile? file, ref List<OpenedFile>? dropped)
    {
        if (ReferenceEquals(entry.File, file))
        {
            return;
        }

        if (file is not null && file.TryAddReference())
        {
            _byInode[(file.Facts.Device, file.Facts.Inode)] = file;
        }

        if (entry.File is { } old)
        {
            if (_byInode.TryGetValue((old.Facts.Device, old.Facts.Inode), out OpenedFile? known) && ReferenceEquals(known, old))
            {
                _byInode.Remove((old.Facts.Device, old.Facts.Inode));
            }

            (dropped ??= []).Add(old);
        }
        entry.File = file;
    }

    /// <summary>Evicts all unused entries.</summary>
    private void Expire()
    {
        List<OpenedFile>? dropped;
        bool hasMore;
        do
        {
            dropped = null;
            lock (_gate)
            {
                hasMore = ExpireOldest(_time.GetTimestamp(), Batch, ref dropped) == Batch;
            }

            Close(dropped);
        }
        while (hasMore);
    }

    /// <summary>Evicts at most <paramref name="most"/> unused entries. Returns their number.</summary>
    private int ExpireOldest(long now, int most, ref List<OpenedFile>? dropped)
    {
        int count = 0;
        while (count < most && _recent.Last is { } last && _time.GetElapsedTime(last.Value.LastUsed, now) >= _options.Inactive)
        {
            Drop(last, ref dropped);
            count++;
        }

        return count;
    }

    private void Drop(LinkedListNode<Entry> node, ref List<OpenedFile>? dropped)
    {
        Hold(node.Value, null, ref dropped);
        _recent.Remove(node);
        _byPath.Remove(node.Value.Path);
    }

    private sealed class Entry(string path)
    {
        public string Path { get; } = path;

        public OpenedFile? File { get; set; }

        public SysResult Result { get; set; }

        /// <summary>Whether the entry has a result. It is false while requests are only counted, up to MinUses.</summary>
        public bool HasResult { get; set; }

        public int Uses { get; set; }

        public long Checked { get; set; }

        public long LastUsed { get; set; }
    }
}
