using FileAio.Diagnostics;
using FileAio.Interop;

namespace FileAio.Files;

/// <summary>
/// nginx's open_file_cache: what paths led to, least recently used goes first. Files are known by device and inode, so that two names of
/// one file share a descriptor and a replaced file is seen; they are counted, so that none is closed under a read. A hit asks fstat, unlike
/// nginx: a file that was written to or deleted in place is seen at once; only a name that now leads elsewhere waits for
/// <see cref="OpenFileCacheOptions.Valid"/>.
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
        bool hit = false;
        found = default;
        lock (_gate)
        {
            ExpireOldest(now);
            if (_byPath.TryGetValue(path, out LinkedListNode<Entry>? node))
            {
                Entry entry = node.Value;
                entry.Uses++;
                entry.LastUsed = now;
                _recent.Remove(node);
                _recent.AddFirst(node);
                hit = time.GetElapsedTime(entry.Checked, now) < options.Valid && IsCurrent(entry) && (entry.File?.TryAddReference() ?? true);
                if (hit)
                {
                    found = new OpenResult(entry.Result, entry.File, false);
                }
            }
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
        long now = time.GetTimestamp();
        lock (_gate)
        {
            if (opened.File is null && !(options.Errors && opened.Result.Errno is Errno.ENOENT or Errno.ENOTDIR or Errno.EACCES or Errno.ELOOP or Errno.EXDEV))
            {
                // Whoever asks again for what is gone must not keep it open, and its blocks on the disk.
                if (_byPath.TryGetValue(path, out LinkedListNode<Entry>? gone))
                {
                    Drop(gone);
                }

                return opened;
            }
            OpenedFile? file = opened.File is null ? null : Share(opened.File);
            if (!_byPath.TryGetValue(path, out LinkedListNode<Entry>? node))
            {
                while (_byPath.Count >= options.Max)
                {
                    Drop(_recent.Last!);
                }

                node = _recent.AddFirst(new Entry(path) { Uses = 1 });
                _byPath.Add(path, node);
            }
            Hold(node.Value, node.Value.Uses >= options.MinUses ? file : null);
            (node.Value.Result, node.Value.Checked, node.Value.LastUsed) = (opened.Result, now, now);
            node.Value.HasAnswer = file is null || node.Value.File is not null;
            return opened with { File = file };
        }
    }

    /// <summary>Lets go of everything; files that are being read are closed when their readers are done.</summary>
    public void Clear()
    {
        lock (_gate)
        {
            while (_recent.Last is { } last)
            {
                Drop(last);
            }
        }
    }

    private static bool IsCurrent(Entry entry) =>
        entry.HasAnswer && (entry.File is not { } file || (!FileFacts.Of(file.Descriptor, out FileFacts now).IsError && now.Links > 0 && now.SameVersion(file.Facts)));

    private OpenedFile Share(OpenedFile opened)
    {
        if (!_byInode.TryGetValue((opened.Facts.Device, opened.Facts.Inode), out OpenedFile? known) || !known.Facts.SameVersion(opened.Facts) || !known.TryAddReference())
        {
            return opened;
        }

        opened.Release();
        return known;
    }

    /// <summary>Makes the entry hold this file, and no other.</summary>
    private void Hold(Entry entry, OpenedFile? file)
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

            old.Release();
        }
        entry.File = file;
    }

    /// <summary>Two at most on each lookup, as nginx does it: no timer, and no long walk under the lock.</summary>
    private void ExpireOldest(long now)
    {
        for (int i = 0; i < 2 && _recent.Last is { } last && time.GetElapsedTime(last.Value.LastUsed, now) >= options.Inactive; i++)
        {
            Drop(last);
        }
    }

    private void Drop(LinkedListNode<Entry> node)
    {
        Hold(node.Value, null);
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
