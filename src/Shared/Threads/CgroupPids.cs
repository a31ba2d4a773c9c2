using System.Globalization;
using Microsoft.Win32.SafeHandles;

namespace Shared.Threads;

/// <summary>
/// pids.max and pids.current of one cgroup. The files stay open, since they are read before every start of a thread.
/// </summary>
internal sealed class CgroupPids
{
    private readonly SafeFileHandle _max, _current;

    private CgroupPids(string folder, SafeFileHandle max, SafeFileHandle current) =>
        (Folder, _max, _current) = (folder, max, current);

    public string Folder { get; }

    /// <summary>Opens the files. Returns null if the cgroup has no limit, or cannot be read.</summary>
    public static CgroupPids? TryOpen(string folder)
    {
        string max = Path.Combine(folder, "pids.max");
        try
        {
            if (!File.Exists(max))
            {
                return null;
            }

            CgroupPids cgroup = new(folder, Open(max), Open(Path.Combine(folder, "pids.current")));
            if (cgroup.TryRead(out _, out _))
            {
                return cgroup;
            }

            cgroup._max.Dispose();
            cgroup._current.Dispose();
            return null;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    /// <summary>Reads both. Returns false if there is no limit ("max"), or the cgroup does not exist any more.</summary>
    public bool TryRead(out long max, out long current)
    {
        current = 0;
        return TryRead(_max, out max) && TryRead(_current, out current);
    }

    private static SafeFileHandle Open(string path) => File.OpenHandle(path, share: FileShare.ReadWrite | FileShare.Delete);

    private static bool TryRead(SafeFileHandle file, out long value)
    {
        Span<byte> text = stackalloc byte[32];
        try
        {
            int length = RandomAccess.Read(file, text, 0);
            return long.TryParse(text[..length].TrimEnd((byte)'\n'), NumberStyles.None, CultureInfo.InvariantCulture, out value);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            value = 0;
            return false;
        }
    }
}
