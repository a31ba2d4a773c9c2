using System.Runtime.CompilerServices;
using System.Text;
using FileAio.Interop;

namespace FileAio.Files;

/// <summary>An open folder that is served. The kernel resolves paths relative to it, under the symlink policy.</summary>
/// <remarks>
/// Callers have already rejected "..", so only links can lead out. The folder is reference-counted: a request holds a reference while it
/// opens a file. Releasing the last reference closes the folder and its open-file cache.
/// </remarks>
internal sealed class FileRoot
{
    // O_NONBLOCK: the open of a FIFO returns at once, and fstat then reports that it is not a regular file. It has no effect on reads of a
    // file.
    private const int OpenFlags = Libc.O_RDONLY | Fcntl.O_CLOEXEC | Libc.O_NOCTTY | Fcntl.O_NONBLOCK;
    private const int MaxPath = 4096; // PATH_MAX, including the terminating NUL

    // RESOLVE_BENEATH returns EAGAIN if a directory is renamed during the walk. A lease on the file causes EAGAIN too.
    private const int MaxTries = 8;

    private readonly int _descriptor;
    private readonly SymlinkPolicy _policy;
    private readonly string _from;
    private readonly ETagPrecision _precision;
    private readonly DeviceTable _devices;
    private readonly OpenAt2Support _openAt2;
    private readonly bool _isLocal;
    private ReferenceCount _references = new();

    /// <summary>Takes ownership of the descriptor.</summary>
    public FileRoot(string path, int descriptor, FolderIdentity identity, DirectIoFileOptions options, DeviceTable devices,
        TimeProvider time)
    {
        (Path, Identity, _descriptor, _policy, _precision, _devices) = (path, identity, descriptor, options.DisableSymlinks,
            options.ETagPrecision, devices);
        _from = _policy == SymlinkPolicy.Off ? "" : options.DisableSymlinksFrom?.TrimEnd('/') ?? "";
        // Probed once, on the folder itself: the same error for a file says nothing about the call.
        _openAt2 = OpenAt2Support.Probe(descriptor);
        // Unknown filesystems may ask a server. A mount below the folder may too, and is then asked for what it has cached.
        _isLocal = !Libc.StatFs(descriptor, out Libc.statfs filesystem).IsError && (uint)filesystem.f_type is Libc.EXT4_SUPER_MAGIC
            or Libc.XFS_SUPER_MAGIC or Libc.BTRFS_SUPER_MAGIC or Libc.F2FS_SUPER_MAGIC or Libc.OVERLAYFS_SUPER_MAGIC;
        Cache = options.OpenFileCache.Max > 0 ? new OpenFileCache(options.OpenFileCache, time) : null;
        Recent = Cache is null && _isLocal && _policy == SymlinkPolicy.Off ? new RecentFiles(descriptor, identity.Device, time) : null;
    }

    private FileRoot(string path, SysResult failure, DeviceTable devices) =>
        (Path, Failure, _descriptor, _from, _devices) = (path, failure, -1, "", devices);

    public string Path { get; }

    public FolderIdentity Identity { get; }

    /// <summary>The error of every open if there is no folder; otherwise a success.</summary>
    public SysResult Failure { get; }

    /// <summary>The cache of files opened below this folder; null if there is none.</summary>
    public OpenFileCache? Cache { get; }

    /// <summary>
    /// The small files that were opened last below this folder; null if there is an open-file cache, or if they cannot be checked by their
    /// path.
    /// </summary>
    public RecentFiles? Recent { get; }

    /// <summary>A root that stands for a path without a folder.</summary>
    public static FileRoot Missing(string path, int errno, DeviceTable devices) => new(path, SysResult.Error(errno), devices);

    /// <summary>Adds a reference. Returns false if the last one was released, and the folder is closed or about to be.</summary>
    public bool TryAddReference() => _references.TryAdd();

    public void Release()
    {
        if (!_references.Release())
        {
            return;
        }

        if (_descriptor >= 0)
        {
            Unistd.Close(_descriptor);
        }

        Recent?.Clear();
        if (Cache is { Count: > 0 })
        {
            // There may be many descriptors to close, and the caller may be an event loop.
            ThreadPool.UnsafeQueueUserWorkItem(static cache => cache.Clear(), Cache, preferLocal: false);
        }
    }

    /// <summary>
    /// Opens without waiting for the disk. Returns −EAGAIN if a name is not in the kernel's dentry cache; a thread that may wait must then
    /// retry.
    /// </summary>
    public SysResult TryOpenCached(string relative, out OpenedFile? file, out bool isDirectory) =>
        Open(relative, cachedOnly: true, out file, out isDirectory);

    /// <summary>Opens, and waits for the disk if necessary.</summary>
    public SysResult Open(string relative, out OpenedFile? file, out bool isDirectory) =>
        Open(relative, cachedOnly: false, out file, out isDirectory);

    private SysResult Open(string relative, bool cachedOnly, out OpenedFile? file, out bool isDirectory)
    {
        file = null;
        isDirectory = false;
        SysResult opened = Failure;
        if (!opened.IsError)
        {
            opened = cachedOnly ? OpenDescriptor(relative, cachedOnly: true) : OpenPatiently(relative);
        }

        if (opened.IsError)
        {
            return opened;
        }

        SysResult stated = FileFacts.Of((int)opened.Value, out FileFacts facts);
        return Adopt((int)opened.Value, stated, facts, relative, out file, out isDirectory);
    }

    /// <summary>Takes ownership of an opened descriptor. It is closed unless it is a regular file.</summary>
    public SysResult Adopt(int descriptor, SysResult stated, in FileFacts facts, string relative, out OpenedFile? file,
        out bool isDirectory)
    {
        file = null;
        isDirectory = facts.IsDirectory;
        if (!stated.IsError && facts.IsRegular)
        {
            file = new OpenedFile(descriptor, facts, System.IO.Path.Join(Path, relative), _devices.Of(facts.Device, descriptor),
                _precision);
        }
        else
        {
            Unistd.Close(descriptor);
        }

        return stated;
    }

    /// <summary>
    /// Prepares the open of a path by one openat2(2) that completes later. Returns null if it takes more than that: owners of links are
    /// compared, <see cref="DirectIoFileOptions.DisableSymlinksFrom"/> applies, or there is no openat2 or no folder. The caller must hold a
    /// reference; the open adds its own.
    /// </summary>
    [SkipLocalsInit]
    public PendingOpen? TryPrepareOpen(string path)
    {
        string relative = path.Length == 0 ? "." : path;
        Span<byte> name = stackalloc byte[MaxPath];
        if (_descriptor == -1 || !_openAt2.HasOpenAt2 || _policy == SymlinkPolicy.IfNotOwner
            || (_from.Length > 0 && relative.StartsWith(_from, StringComparison.Ordinal))
            || !TryEncode(relative, name) || !TryAddReference())
        {
            return null;
        }

        return new PendingOpen(this, path, _descriptor, new OpenArguments(name[..(name.IndexOf((byte)0) + 1)], OpenFlags, Resolve(_policy)),
            _isLocal);
    }

    /// <summary>Retries transient errors: a race (EAGAIN), and once a stale handle of a network filesystem (ESTALE).</summary>
    private SysResult OpenPatiently(string relative)
    {
        SysResult opened = OpenDescriptor(relative, cachedOnly: false);
        for (int tries = 1; opened.IsError
            && (opened.Errno == Errno.EAGAIN ? tries < MaxTries : opened.Errno == Errno.ESTALE && tries < 2); tries++)
        {
            opened = OpenDescriptor(relative, cachedOnly: false);
        }

        return opened;
    }

    private SysResult OpenDescriptor(string path, bool cachedOnly)
    {
        string relative = path.Length == 0 ? "." : path;
        if (_from.Length == 0 || !relative.StartsWith(_from, StringComparison.Ordinal))
        {
            return OpenBelow(_descriptor, relative, OpenFlags, _policy, cachedOnly);
        }

        if (relative.Length == _from.Length)
        {
            return OpenBelow(_descriptor, relative, OpenFlags, SymlinkPolicy.Off, cachedOnly);
        }

        if (relative[_from.Length] != '/')
        {
            return OpenBelow(_descriptor, relative, OpenFlags, _policy, cachedOnly);
        }
        // Resolved for each file: a link that deployments swap is followed to its current target.
        SysResult from = OpenBelow(_descriptor, _from, Libc.O_PATH | Libc.O_DIRECTORY | Fcntl.O_CLOEXEC, SymlinkPolicy.Off, cachedOnly);
        if (from.IsError)
        {
            return from;
        }

        SysResult opened = OpenBelow((int)from.Value, relative[(_from.Length + 1)..], OpenFlags, _policy, cachedOnly);
        Unistd.Close((int)from.Value);
        return opened;
    }

    [SkipLocalsInit]
    private unsafe SysResult OpenBelow(int folder, string relative, int flags, SymlinkPolicy policy, bool cachedOnly)
    {
        if (policy == SymlinkPolicy.IfNotOwner)
        {
            return cachedOnly ? SysResult.Error(Errno.EAGAIN) : SymlinkWalk.Open(folder, relative, flags, ownersMustAgree: true);
        }

        Span<byte> name = stackalloc byte[MaxPath];
        if (!TryEncode(relative, name))
        {
            return SysResult.Error(Errno.ENAMETOOLONG);
        }

        ulong resolve = Resolve(policy);
        fixed (byte* pointer = name)
        {
            if (_openAt2.HasOpenAt2 && (!cachedOnly || _openAt2.HasCached))
            {
                SysResult opened = Libc.Open2(folder, pointer, flags, cachedOnly ? resolve | Libc.RESOLVE_CACHED : resolve);
                // ESTALE: the server has dropped the handle. EPERM and EINVAL belong to this file; without RESOLVE_CACHED the kernel
                // returns the actual error.
                return cachedOnly && opened.Errno is (Errno.ESTALE or Errno.EPERM or Errno.EINVAL) ? SysResult.Error(Errno.EAGAIN) : opened;
            }

            if (cachedOnly)
            {
                return SysResult.Error(Errno.EAGAIN);
            }

            return policy == SymlinkPolicy.Off
                ? Libc.Open(folder, pointer, flags)
                : SymlinkWalk.Open(folder, relative, flags, ownersMustAgree: false);
        }
    }

    private static ulong Resolve(SymlinkPolicy policy) => Libc.RESOLVE_NO_MAGICLINKS | policy switch
    {
        SymlinkPolicy.On => Libc.RESOLVE_NO_SYMLINKS | Libc.RESOLVE_BENEATH,
        SymlinkPolicy.Beneath => Libc.RESOLVE_BENEATH,
        _ => 0,
    };

    private static bool TryEncode(string relative, Span<byte> name)
    {
        if (!Encoding.UTF8.TryGetBytes(relative, name[..^1], out int written))
        {
            return false;
        }

        name[written] = 0;
        return true;
    }
}
