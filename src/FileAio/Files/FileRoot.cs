using System.Runtime.CompilerServices;
using System.Text;
using FileAio.Interop;
using Microsoft.Win32.SafeHandles;

namespace FileAio.Files;

/// <summary>
/// The folder that is served, as a descriptor: paths are resolved relative to it, by the kernel, under the symlink policy.
/// Callers have already refused "..", so only links can lead out.
/// </summary>
internal sealed class FileRoot : IDisposable
{
    // O_NONBLOCK: the open of a FIFO returns at once (and fstat then tells that it is none of ours). It does nothing to reads of a file.
    private const int OpenFlags = Libc.O_RDONLY | Libc.O_CLOEXEC | Libc.O_NOCTTY | Libc.O_NONBLOCK;
    private const int MaxPath = 4096; // PATH_MAX, the terminating NUL included

    private readonly SafeFileHandle _descriptor;
    private readonly SymlinkPolicy _policy;
    private readonly string _from;
    private readonly ETagPrecision _precision;
    private readonly DeviceTable _devices;
    private readonly OpenAt2Support _openAt2;

    private FileRoot(string path, SafeFileHandle descriptor, DirectIoFileOptions options, DeviceTable devices)
    {
        (Path, _descriptor, _policy, _precision, _devices) = (path, descriptor, options.DisableSymlinks, options.ETagPrecision, devices);
        _openAt2 = OpenAt2Support.Probe((int)descriptor.DangerousGetHandle());
        _from = _policy == SymlinkPolicy.Off ? "" : options.DisableSymlinksFrom?.TrimEnd('/') ?? "";
    }

    public string Path { get; }

    /// <summary>Opens the folder; throws <see cref="IOException"/> where it cannot be.</summary>
    public static unsafe FileRoot Open(string path, DirectIoFileOptions options, DeviceTable devices)
    {
        fixed (byte* name = Encoding.UTF8.GetBytes(path + '\0'))
        {
            SysResult opened = Libc.Open(Libc.AT_FDCWD, name, Libc.O_PATH | Libc.O_DIRECTORY | Libc.O_CLOEXEC);
            return new FileRoot(path, new SafeFileHandle((nint)opened.ThrowIfError($"open \"{path}\""), ownsHandle: true), options, devices);
        }
    }

    /// <summary>
    /// Opens without waiting for the disk: −EAGAIN where the names are not all in the kernel's cache, and a thread that may wait must ask
    /// again.
    /// </summary>
    public SysResult TryOpenCached(string relative, out OpenedFile? file, out bool isDirectory) =>
        Open(relative, cachedOnly: true, out file, out isDirectory);

    /// <summary>Opens, and waits for the disk where need be.</summary>
    public SysResult Open(string relative, out OpenedFile? file, out bool isDirectory) =>
        Open(relative, cachedOnly: false, out file, out isDirectory);

    private SysResult Open(string relative, bool cachedOnly, out OpenedFile? file, out bool isDirectory)
    {
        file = null;
        isDirectory = false;
        SysResult opened;
        bool held = false;
        try
        {
            _descriptor.DangerousAddRef(ref held); // a request that outlives the server must not open below a number that is somebody else's by now
            opened = OpenDescriptor((int)_descriptor.DangerousGetHandle(), relative.Length == 0 ? "." : relative, cachedOnly);
        }
        finally
        {
            if (held)
            {
                _descriptor.DangerousRelease();
            }
        }
        if (opened.IsError)
        {
            return opened;
        }

        int descriptor = (int)opened.Value;
        SysResult stated = FileFacts.Of(descriptor, out FileFacts facts);
        isDirectory = facts.IsDirectory;
        if (!stated.IsError && facts.IsRegular)
        {
            file = new OpenedFile(descriptor, facts, System.IO.Path.Join(Path, relative), _devices.Of(facts.Device, descriptor), _precision);
        }
        else
        {
            Libc.Close(descriptor);
        }

        return stated;
    }

    private SysResult OpenDescriptor(int root, string relative, bool cachedOnly)
    {
        if (_from.Length == 0 || !relative.StartsWith(_from, StringComparison.Ordinal))
        {
            return OpenBelow(root, relative, OpenFlags, _policy, cachedOnly);
        }

        if (relative.Length == _from.Length)
        {
            return OpenBelow(root, relative, OpenFlags, SymlinkPolicy.Off, cachedOnly);
        }

        if (relative[_from.Length] != '/')
        {
            return OpenBelow(root, relative, OpenFlags, _policy, cachedOnly);
        }
        // Anew for each file: a link that is swapped, as deployments do it, is followed to where it leads now.
        SysResult from = OpenBelow(root, _from, Libc.O_PATH | Libc.O_DIRECTORY | Libc.O_CLOEXEC, SymlinkPolicy.Off, cachedOnly);
        if (from.IsError)
        {
            return from;
        }

        SysResult opened = OpenBelow((int)from.Value, relative[(_from.Length + 1)..], OpenFlags, _policy, cachedOnly);
        Libc.Close((int)from.Value);
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

        ulong resolve = Libc.RESOLVE_NO_MAGICLINKS | policy switch
        {
            SymlinkPolicy.On => Libc.RESOLVE_NO_SYMLINKS | Libc.RESOLVE_BENEATH,
            SymlinkPolicy.Beneath => Libc.RESOLVE_BENEATH,
            _ => 0,
        };
        fixed (byte* pointer = name)
        {
            if (_openAt2.HasOpenAt2 && (!cachedOnly || _openAt2.HasCached))
            {
                SysResult opened = Libc.Open2(folder, pointer, flags, cachedOnly ? resolve | Libc.RESOLVE_CACHED : resolve);
                // EPERM and EINVAL are this file's: without RESOLVE_CACHED the kernel says why.
                return cachedOnly && opened.Errno is (Errno.EPERM or Errno.EINVAL) ? SysResult.Error(Errno.EAGAIN) : opened;
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

    /// <summary>Lets the folder go, so that its filesystem can be unmounted.</summary>
    public void Dispose() => _descriptor.Dispose();

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
