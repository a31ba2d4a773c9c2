using System.Text;
using FileAio.Interop;
using Microsoft.Net.Http.Headers;
using Microsoft.Win32.SafeHandles;

namespace FileAio.Files;

/// <summary>An open regular file: a descriptor for the page cache, and one for direct reads if needed.</summary>
/// <remarks>
/// The file is reference-counted, and closed when the last reference is released. O_DIRECT is never changed on a descriptor, because other
/// responses may be reading through it.
/// </remarks>
internal sealed class OpenedFile
{
    private const int NotTried = -1, Refused = -2;

    private ReferenceCount _references = new();
    private int _direct = NotTried;
    private volatile bool _refusesNoWait;
    private volatile bool _refusesCacheStat;
    private int _isCold;
    private SafeFileHandle? _handle;

    public OpenedFile(int descriptor, in FileFacts facts, string path, DeviceFacts device, ETagPrecision precision)
    {
        (Descriptor, Facts, Path, Device) = (descriptor, facts, path, device);
        long modified = precision == ETagPrecision.Seconds ? facts.ModifiedSeconds
            : (facts.ModifiedSeconds * 1_000_000_000) + facts.ModifiedNanoseconds;
        EntityTag = $"\"{modified:x}-{facts.Size:x}";
    }

    /// <summary>The buffered descriptor.</summary>
    public int Descriptor { get; }

    public FileFacts Facts { get; }

    public string Path { get; }

    public DeviceFacts Device { get; }

    public long Size => Facts.Size;

    /// <summary>
    /// The opaque tag without its closing part, which depends on the content coding: <c>"mtime-size</c>. The time is in nanoseconds (or
    /// seconds), the size in bytes, both in hexadecimal.
    /// </summary>
    public string EntityTag { get; }

    /// <summary>The whole strong tag of the file without a content coding.</summary>
    public string StrongTag => field ??= EntityTag + '"';

    /// <summary>The value of Last-Modified.</summary>
    public string LastModified => field ??= HeaderUtilities.FormatDate(Facts.LastModified);

    /// <summary>
    /// Whether preadv2 accepts RWF_NOWAIT. The filesystem decides this for each file it opens (FMODE_NOWAIT), so it is stored per file.
    /// </summary>
    public bool AllowsNoWait => !_refusesNoWait;

    /// <summary>Records that preadv2 refuses RWF_NOWAIT. The file is then read by an engine.</summary>
    public void RefuseNoWait() => _refusesNoWait = true;

    /// <summary>Records that the open had to wait for the disk: the file is hardly in the page cache.</summary>
    public void SetCold() => _isCold = 1;

    /// <summary>Whether <see cref="TakeCold"/> is still to be called for an open that had to wait for the disk.</summary>
    public bool IsCold => Volatile.Read(ref _isCold) != 0;

    /// <summary>
    /// Returns true once if the open had to wait for the disk. The first read then does not try the page cache before it uses an engine.
    /// </summary>
    public bool TakeCold() => IsCold && Interlocked.Exchange(ref _isCold, 0) != 0;

    /// <summary>The alignment in bytes of the offsets and lengths of direct reads.</summary>
    public int DirectAlignment { get; private set; }

    /// <summary>Adds a reference. Returns false if the last one was released, and the file is closed or about to be.</summary>
    public bool TryAddReference() => _references.TryAdd();

    public void Release()
    {
        if (!_references.Release())
        {
            return;
        }

        if (_direct >= 0)
        {
            Unistd.Close(_direct);
        }

        if (_handle is { } handle)
        {
            handle.Dispose(); // closed after its last range has been sent
            return;
        }

        Unistd.Close(Descriptor);
    }

    /// <summary>
    /// Returns the buffered descriptor with a reference that outlives the response, for ranges that a transport has yet to send. The caller
    /// must hold a reference.
    /// </summary>
    public SafeFileHandle Handle
    {
        get
        {
            if (Volatile.Read(ref _handle) is { } known)
            {
                return known;
            }

            SafeFileHandle made = new(Descriptor, ownsHandle: true);
            if (Interlocked.CompareExchange(ref _handle, made, null) is not { } first)
            {
                return made;
            }

            made.SetHandleAsInvalid();
            return first;
        }
    }

    /// <summary>
    /// Returns whether the page cache contains the whole range now, so that sending it does not wait for the disk. Uses cachestat(2), which
    /// reads nothing into the cache. If that is missing, or refused (since Linux 6.15 to processes that may not write the file), only the
    /// last byte is checked.
    /// </summary>
    public bool IsCached(long position, long length)
    {
        if (Device.InMemory)
        {
            return true;
        }

        if (!_refusesCacheStat)
        {
            SysResult cached = CacheStat.CachedPages(Descriptor, position, length);
            if (!cached.IsError)
            {
                long page = Environment.SystemPageSize;
                return cached.Value > ((position + length - 1) / page) - (position / page);
            }

            _refusesCacheStat = true;
        }

        Span<byte> last = stackalloc byte[1];
        return AllowsNoWait && Libc.ReadNoWait(Descriptor, last, position + length - 1).Value > 0;
    }

    /// <summary>
    /// Returns the descriptor for direct reads, which is opened on first use. Returns false if the file or its device does not support
    /// them.
    /// </summary>
    /// <remarks>
    /// The inode is opened again through /proc. fcntl(F_SETFL, O_DIRECT) would succeed on an overlay whose lower filesystem does not
    /// support it.
    /// </remarks>
    public bool TryGetDirect(int leastAlignment, out int descriptor)
    {
        descriptor = Volatile.Read(ref _direct);
        if (descriptor == NotTried)
        {
            // No lock: the open may block, and would block other readers of the file. If two threads open at once, the second closes its
            // descriptor.
            int opened = OpenDirect(leastAlignment);
            descriptor = Interlocked.CompareExchange(ref _direct, opened, NotTried);
            if (descriptor == NotTried)
            {
                descriptor = opened;
            }
            else if (opened >= 0)
            {
                Unistd.Close(opened);
            }
        }
        return descriptor >= 0 && Device.AllowsDirect(Facts.Inode);
    }

    /// <summary>Records that a direct read was refused. The file is read through the page cache from now on.</summary>
    public void RefuseDirect(string reason) => Device.RefuseDirect(Facts.Inode, reason, Path);

    private unsafe int OpenDirect(int leastAlignment)
    {
        int alignment = Facts.HasDirectAlignment ? Facts.DirectOffsetAlignment : Device.InMemory ? 0 : 4096;
        if (!Device.AllowsDirect(Facts.Inode))
        {
            return Refused;
        }

        if (alignment == 0)
        {
            RefuseDirect(Device.InMemory ? "it is stored in memory" : "statx reports no alignment for it");
            return Refused;
        }
        Span<byte> link = stackalloc byte[32];
        Encoding.ASCII.GetBytes($"/proc/self/fd/{Descriptor}\0", link);
        fixed (byte* path = link)
        {
            SysResult opened = Libc.Open(Libc.AT_FDCWD, path, Libc.O_RDONLY | Fcntl.O_CLOEXEC | Libc.O_NOCTTY | Libc.O_DIRECT);
            if (opened.IsError)
            {
                // Errors such as EMFILE are transient and do not belong to the file.
                if (opened.Errno is Errno.EINVAL or Errno.EOPNOTSUPP)
                {
                    RefuseDirect("open with O_DIRECT: " + opened.Describe());
                }

                return Refused;
            }
            DirectAlignment = Math.Max(alignment, leastAlignment);
            return (int)opened.Value;
        }
    }
}
