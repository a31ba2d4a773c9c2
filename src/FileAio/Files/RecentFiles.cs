using System.Numerics;
using System.Text;
using FileAio.Interop;

namespace FileAio.Files;

/// <summary>
/// Keeps the small files that were served last open. Each use checks by one statx(2) of the path that the name still leads to the same
/// unchanged file, so that responses are the same as with an open for each request. It replaces openat2, statx and close: 17 % of the CPU
/// time of a response of 8 KiB (measured).
/// </summary>
/// <remarks>
/// <list type="bullet">
/// <item>A change of the file's content, owner, permissions or attributes changes its ctime. statx checks permissions of the folders on
/// the path.</item>
/// <item>statx has no RESOLVE_CACHED. An open file keeps its folders in the dentry cache, so the lookup of an unchanged path does not read
/// from a local disk. Other filesystems, and paths that lead to another one, are not kept.</item>
/// <item>statx has no other RESOLVE_ flags either, so that policies about links exclude this.</item>
/// <item>A deleted file that is kept open keeps its blocks. So a timer closes what was not used for one to two <see cref="Interval"/>s. It
/// runs while files are kept: neither an idle process nor a mount without small files is woken.</item>
/// </list>
/// Lock-free: a slot holds an immutable entry, which holds one reference to its file until it is removed.
/// </remarks>
internal sealed class RecentFiles
{
    /// <summary>The time between two removals of unused files, as in nginx.</summary>
    public static readonly TimeSpan Interval = TimeSpan.FromMinutes(1);

    /// <summary>The largest file. Deleted files keep their blocks until they are noticed: at most 64 MiB for each mount.</summary>
    public const long MostSize = 64 * 1024;

    private const int FewestSlots = 64, MostSlots = 1024; // guesses: the pages and assets of a site

    private const int Flags = FileStat.AT_STATX_DONT_SYNC | FileStat.AT_NO_AUTOMOUNT;

    // A sixteenth of the descriptors, rounded down to a power of two.
    private static readonly int Slots = (int)BitOperations.RoundUpToPowerOf2(
        ((uint)Math.Clamp(Libc.DescriptorLimit() / 16, FewestSlots, MostSlots) / 2) + 1);

    /// <summary>What all mounts keep.</summary>
    private static int s_kept;

    private readonly int _folder;
    private readonly ulong _device;
    private readonly ExpiryTimer _timer;
    private readonly Entry?[] _slots = new Entry?[Slots];

    public RecentFiles(int folder, ulong device, TimeProvider time)
    {
        (_folder, _device) = (folder, device);
        _timer = new ExpiryTimer(time, Interval, RemoveUnused, () => Count > 0);
    }

    /// <summary>The most files that all mounts of the process keep: an eighth of the descriptors. The check is not exact.</summary>
    public static int MostInProcess { get; } = (int)Math.Clamp(Libc.DescriptorLimit() / 8, 2 * FewestSlots, 8 * MostSlots);

    /// <summary>The number of files.</summary>
    public int Count => _slots.Count(entry => entry is not null);

    /// <summary>Returns the file of a path with a reference that the caller owns, if it is kept and unchanged.</summary>
    public OpenedFile? TryGet(string path)
    {
        int first = SlotOf(path);
        return TryGet(first, path) ?? TryGet(first ^ 1, path);
    }

    /// <summary>Keeps a file that was just opened by this path. The caller holds a reference.</summary>
    public void Add(string path, OpenedFile file)
    {
        if (file.Size > MostSize || file.Facts.Device != _device || file.Facts.Links == 0)
        {
            return;
        }

        int slot = SlotOf(path);
        if (_slots[slot] is { } one && one.Path != path && (_slots[slot ^ 1] is not { } other || !other.IsUsed || other.Path == path))
        {
            slot ^= 1;
        }

        if ((_slots[slot] is null && Volatile.Read(ref s_kept) >= MostInProcess) || !file.TryAddReference())
        {
            return;
        }

        Interlocked.Increment(ref s_kept);
        Released(Interlocked.Exchange(ref _slots[slot], new Entry(path, file)));
        _timer.Set();
    }

    /// <summary>Removes the files that were not used since the previous call.</summary>
    public void RemoveUnused()
    {
        for (int slot = 0; slot < Slots; slot++)
        {
            if (_slots[slot] is { } entry)
            {
                if (!entry.IsUsed)
                {
                    Remove(slot, entry);
                }

                entry.IsUsed = false;
            }
        }
    }

    /// <summary>Removes all files. Those that are being read are closed after their last read.</summary>
    public void Clear()
    {
        for (int slot = 0; slot < Slots; slot++)
        {
            Released(Interlocked.Exchange(ref _slots[slot], null));
        }
    }

    private OpenedFile? TryGet(int slot, string path)
    {
        if (Volatile.Read(ref _slots[slot]) is not { } entry || entry.Path != path || !entry.File.TryAddReference())
        {
            return null;
        }

        if (entry.IsCurrent(_folder))
        {
            if (!entry.IsUsed)
            {
                entry.IsUsed = true;
            }

            return entry.File;
        }

        entry.File.Release();
        Remove(slot, entry);
        return null;
    }

    private void Remove(int slot, Entry entry)
    {
        if (Interlocked.CompareExchange(ref _slots[slot], null, entry) == entry)
        {
            Released(entry);
        }
    }

    private static void Released(Entry? entry)
    {
        if (entry is not null)
        {
            Interlocked.Decrement(ref s_kept);
            entry.File.Release();
        }
    }

    private static int SlotOf(string path) => path.GetHashCode() & (Slots - 1);

    private sealed class Entry(string path, OpenedFile file)
    {
        private readonly byte[] _name = Encoding.UTF8.GetBytes(path + '\0');

        public string Path { get; } = path;

        public OpenedFile File { get; } = file;

        /// <summary>Whether the file was used since the last <see cref="RemoveUnused"/>.</summary>
        public bool IsUsed { get; set; } = true;

        public unsafe bool IsCurrent(int folder)
        {
            fixed (byte* name = _name)
            {
                SysResult result = FileStat.Statx(folder, name, Flags, FileStat.STATX_BASIC_STATS, out statx raw);
                return !result.IsError && FileFacts.From(raw).SameInode(File.Facts);
            }
        }
    }
}
