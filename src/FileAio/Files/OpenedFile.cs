using System.Text;
using FileAio.Interop;
using Microsoft.Win32.SafeHandles;

namespace FileAio.Files;

/// <summary>
/// An open regular file: a descriptor for the page cache, and one for direct reads where they are wanted.
/// Counted: whoever reads holds a reference, and the last one to let go closes. O_DIRECT is never switched on or off on a descriptor,
/// since other responses may be reading by it.
/// </summary>
internal sealed class OpenedFile
{
    private const int NotTried = -1, Refused = -2;

    private int _references = 1;
    private int _direct = NotTried;
    private volatile bool _refusesNoWait;
    private volatile bool _refusesCacheStat;
    private SafeFileHandle? _handle;

    public OpenedFile(int descriptor, in FileFacts facts, string path, DeviceFacts device, ETagPrecision precision)
    {
        (Descriptor, Facts, Path, Device) = (descriptor, facts, path, device);
        long modified = precision == ETagPrecision.Seconds ? facts.ModifiedSeconds : (facts.ModifiedSeconds * 1_000_000_000) + facts.ModifiedNanoseconds;
        EntityTag = $"\"{modified:x}-{facts.Size:x}";
    }

    /// <summary>The buffered descriptor.</summary>
    public int Descriptor { get; }

    public FileFacts Facts { get; }

    public string Path { get; }

    public DeviceFacts Device { get; }

    public long Size => Facts.Size;

    /// <summary>
    /// The opaque tag but for what closes it, which depends on the content coding: <c>"mtime-size</c>, nanoseconds (or seconds) and bytes
    /// in hexadecimal.
    /// </summary>
    public string EntityTag { get; }

    /// <summary>
    /// False once preadv2 has refused RWF_NOWAIT. The filesystem decides it for each file it opens (FMODE_NOWAIT), so this is the file's alone.
    /// </summary>
    public bool AllowsNoWait => !_refusesNoWait;

    /// <summary>Remembers that preadv2 refuses RWF_NOWAIT: the file's reads are left to an engine.</summary>
    public void RefuseNoWait() => _refusesNoWait = true;

    /// <summary>Bytes that offsets and lengths of direct reads are multiples of.</summary>
    public int DirectAlignment { get; private set; }

    /// <summary>True unless the last reference is gone, in which case the file is closed or about to be.</summary>
    public bool TryAddReference()
    {
        int seen;
        do
        {
            seen = Volatile.Read(ref _references);
            if (seen == 0)
            {
                return false;
            }
        }
        while (Interlocked.CompareExchange(ref _references, seen + 1, seen) != seen);
        return true;
    }

    public void Release()
    {
        if (Interlocked.Decrement(ref _references) > 0)
        {
            return;
        }

        if (_direct >= 0)
        {
            Unistd.Close(_direct);
        }

        if (_handle is { } handle)
        {
            handle.Dispose(); // closed when the last range of it has been sent
            return;
        }

        Unistd.Close(Descriptor);
    }

    /// <summary>
    /// The buffered descriptor for those who hold it longer than the response does: ranges that a transport has yet to send. To be asked for
    /// by who has a reference.
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
    /// True where the page cache holds all of the range at this moment, so that sending it does not wait for the disk. cachestat(2) tells it
    /// and brings nothing in. Where it is missing or refused (since Linux 6.15 to who may not write the file) the last byte stands for all.
    /// </summary>
    public bool IsCached(long position, long length)
    {
        if (Device.InMemory)
        {
            return true;
        }

        if (!_refusesCacheStat)
        {
            SysResult cached = Libc.CachedPages(Descriptor, position, length);
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
    /// The descriptor for direct reads, opened on first use; false where this file or its device has none to offer.
    /// It is opened anew, of the same inode, through /proc: fcntl(F_SETFL, O_DIRECT) would claim success on an overlay whose lower
    /// filesystem cannot.
    /// </summary>
    public bool TryGetDirect(int leastAlignment, out int descriptor)
    {
        descriptor = Volatile.Read(ref _direct);
        if (descriptor == NotTried)
        {
            // No lock: the open may wait, and others that read the file would wait with it. Of two that come at once, the second closes its own.
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

    /// <summary>Remembers that a direct read was refused: this file is read through the page cache from now on.</summary>
    public void RefuseDirect(string reason) => Device.RefuseDirect(Facts.Inode, reason, Path);

    private unsafe int OpenDirect(int leastAlignment)
    {
        int alignment = Facts.TellsDirectAlignment ? Facts.DirectOffsetAlignment : Device.InMemory ? 0 : 4096;
        if (!Device.AllowsDirect(Facts.Inode))
        {
            return Refused;
        }

        if (alignment == 0)
        {
            RefuseDirect(Device.InMemory ? "it is memory itself" : "statx names no alignment for it");
            return Refused;
        }
        Span<byte> link = stackalloc byte[32];
        Encoding.ASCII.GetBytes($"/proc/self/fd/{Descriptor}\0", link);
        fixed (byte* path = link)
        {
            SysResult opened = Libc.Open(Libc.AT_FDCWD, path, Libc.O_RDONLY | Fcntl.O_CLOEXEC | Libc.O_NOCTTY | Libc.O_DIRECT);
            if (opened.IsError)
            {
                // EMFILE and the like are this moment's trouble, not the file's.
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
