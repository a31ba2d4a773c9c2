using FileAio.Diagnostics;

namespace FileAio.Files;

/// <summary>
/// nginx's open_file_cache: what paths led to, least recently used goes first. Files are known by device and inode, so that two names of
/// one file share a descriptor and a replaced file is seen; they are counted, so that none is closed under a read. A hit asks fstat, unlike
/// nginx: a file that was written to or deleted in place is seen at once; only a name that now leads elsewhere waits for
/// <see cref="OpenFileCacheOptions.Valid"/>. The kernel is asked outside the lock, and descriptors are closed outside it: either may wait for a
/// server or a disk.
/// </summary>
internal sealed class OpenFileCache(OpenFileCacheOptions options, TimeProvider time)
{
    private readonly Lock _gate = new();
    private readonly Dictionary<string, LinkedListNode<Entry>> _byPath = new(StringComparer.Ordinal);
    private readonly Dictionary<(ulong Device, ulong Inode), OpenedFile> _byInode = [];
    private readonly LinkedList<Entry> _recent = new();

    /// <summary>Names that the cache holds.</summary>
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
        long now = time.GetTimestamp();
        bool known = false;
        found = default;
        List<OpenedFile>? dropped = null;
        lock (_gate)
        {
            ExpireOldest(now, ref dropped);
            if (_byPath.TryGetValue(path, out LinkedListNode<Entry>? node))
            {
                Entry entry = node.Value;
                entry.Uses++;
                entry.LastUsed = now;
                _recent.Remove(node);
                _recent.AddFirst(node);
                known = entry.HasAnswer && time.GetElapsedTime(entry.Checked, now) < options.Valid && (entry.File?.TryAddReference() ?? true);
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
    /// Notes what an open just told. Where the cache holds the same version of the same file already, that one is returned instead, and the
    /// new descriptor closed.
    /// </summary>
    public OpenResult Add(string path, OpenResult opened)
    {
        List<OpenedFile>? dropped = null;
        try
        {
            return Add(path, opened, time.GetTimestamp(), ref dropped);
        }
        finally
        {
            Close(dropped);
        }
    }

    private OpenResult Add(string path, OpenResult opened, long now, ref List<OpenedFile>? dropped)
    {
        lock (_gate)
        {
            if (opened.File is null && !(options.Errors && opened.Result.Errno is Errno.ENOENT or Errno.ENOTDIR or Errno.EACCES or Errno.ELOOP or Errno.EXDEV))
            {
                // Whoever asks again for what is gone must not keep it open, and its blocks on the disk.
                if (_byPath.TryGetValue(path, out LinkedListNode<Entry>? gone))
                {
                    Drop(gone, ref dropped);
                }

                return opened;
            }
            OpenedFile? file = opened.File is null ? null : Share(opened.File, ref dropped);
            if (!_byPath.TryGetValue(path, out LinkedListNode<Entry>? node))
            {
                while (_byPath.Count >= options.Max)
                {
                    Drop(_recent.Last!, ref dropped);
                }

                node = _recent.AddFirst(new Entry(path) { Uses = 1 });
                _byPath.Add(path, node);
            }
            Hold(node.Value, node.Value.Uses >= options.MinUses ? file : null, ref dropped);
            (node.Value.Result, node.Value.Checked, node.Value.LastUsed) = (opened.Result, now, now);
            node.Value.HasAnswer = file is null || node.Value.File is not null;
            return opened with { File = file };
        }
    }

    /// <summary>Lets go of everything; files that are being read are closed when their readers are done.</summary>
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

    /// <summary>Outside the lock.</summary>
    private static void Close(List<OpenedFile>? dropped)
    {
        foreach (OpenedFile file in dropped ?? [])
        {
            file.Release();
        }
    }

    private OpenedFile Share(OpenedFile opened, ref List<OpenedFile>? dropped)
    {
        if (!_byInode.TryGetValue((opened.Facts.Device, opened.Facts.Inode), out OpenedFile? known) || !known.Facts.SameVersion(opened.Facts) || !known.TryAddReference())
        {
            return opened;
        }

        (dropped ??= []).Add(opened);
        return known;
    }

    /// <summary>Makes the entry hold this file, and no other.</summary>
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

    /// <summary>Two at most on each lookup, as nginx does it: no timer, and no long walk under the lock.</summary>
    private void ExpireOldest(long now, ref List<OpenedFile>? dropped)
    {
        for (int i = 0; i < 2 && _recent.Last is { } last && time.GetElapsedTime(last.Value.LastUsed, now) >= options.Inactive; i++)
        {
            Drop(last, ref dropped);
        }
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

        /// <summary>False while the name is only counted, until it has been asked for often enough.</summary>
        public bool HasAnswer { get; set; }

        public int Uses { get; set; }

        public long Checked { get; set; }

        public long LastUsed { get; set; }
    }
}
