using System.Text;
using FileAio.Diagnostics;
using FileAio.Interop;
using Microsoft.Extensions.Logging;

namespace FileAio.Files;

/// <summary>
/// The path of the folder that is served, and the folder that it leads to. The path may later lead to another folder: deployments swap a
/// symbolic link or replace the folder. It is therefore resolved again once per interval, by the next request.
/// </summary>
/// <remarks>
/// A path that no longer leads to a folder serves nothing until it does again. Other errors, such as no memory or an unreachable server,
/// say nothing about the folder, so it is still served.
/// </remarks>
internal sealed class RootPath : IDisposable
{
    private readonly Lock _gate = new();
    private readonly string _path;
    private readonly byte[] _name;
    private readonly DirectIoFileOptions _options;
    private readonly DeviceTable _devices;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly long _interval;

    private FileRoot _current;
    private long _checked, _tickets, _applied;
    private int _reported;
    private bool _disposed;

    private RootPath(string path, FileRoot first, TimeSpan interval, DirectIoFileOptions options, DeviceTable devices, TimeProvider time,
        ILogger logger)
    {
        (_path, _name, _current, _options, _devices, _time, _logger) = (path, Encoding.UTF8.GetBytes(path + '\0'), first, options, devices,
            time, logger);
        _interval = interval == Timeout.InfiniteTimeSpan ? long.MaxValue : (long)(interval.TotalSeconds * time.TimestampFrequency);
        _checked = time.GetTimestamp();
    }

    /// <summary>Opens the folder of a path.</summary>
    /// <param name="path">The absolute path.</param>
    /// <param name="mustExist">False if the folder may be created later.</param>
    /// <param name="options">The options.</param>
    /// <param name="devices">The devices seen so far.</param>
    /// <param name="time">The time provider.</param>
    /// <param name="logger">The logger.</param>
    /// <exception cref="IOException">The folder cannot be opened.</exception>
    public static RootPath Open(string path, bool mustExist, DirectIoFileOptions options, DeviceTable devices, TimeProvider time,
        ILogger logger)
    {
        RootPath root = new RootPath(path, FileRoot.Missing(path, Errno.ENOENT, devices), options.RootCheckInterval, options, devices,
            time, logger);
        SysResult opened = root.Resolve(cachedOnly: false);
        if (opened.IsError && mustExist)
        {
            opened.ThrowIfError($"open \"{path}\"");
        }

        root.Apply(++root._tickets, opened, first: true);
        return root;
    }

    /// <summary>A root without a folder, for absolute paths. The provider of the paths decides what is exposed.</summary>
    public static RootPath OfAbsolutePaths(DirectIoFileOptions options, DeviceTable devices, TimeProvider time, ILogger logger) =>
        new RootPath("", new FileRoot("", Libc.AT_FDCWD, default, options, devices, time), Timeout.InfiniteTimeSpan, options, devices,
            time, logger);

    /// <summary>Returns the current folder, with a reference that the caller releases.</summary>
    /// <exception cref="ObjectDisposedException">The server has stopped.</exception>
    public FileRoot Acquire()
    {
        while (true)
        {
            FileRoot current = Volatile.Read(ref _current);
            if (current.TryAddReference())
            {
                return current;
            }

            ObjectDisposedException.ThrowIf(_disposed, this);
        }
    }

    /// <summary>Returns true for the caller that makes the next check: one per interval, or every caller if the interval is 0.</summary>
    public bool IsCheckDue()
    {
        if (_interval == 0)
        {
            return true;
        }

        long last = Volatile.Read(ref _checked);
        long now = _time.GetTimestamp();
        return now - last >= _interval && Interlocked.CompareExchange(ref _checked, now, last) == last;
    }

    /// <summary>
    /// Checks without waiting for a disk or a server. Returns false if that is not possible; a thread that may wait must then check.
    /// </summary>
    public bool TryCheckCached()
    {
        long ticket = Interlocked.Increment(ref _tickets);
        SysResult opened = Resolve(cachedOnly: true);
        // The path is not in the kernel's dentry cache, or the kernel (before 5.12) or a container's filter does not support the lookup.
        if (opened.IsError && opened.Errno is Errno.EAGAIN or Errno.EINVAL or Errno.ENOSYS or Errno.EPERM or Errno.ESTALE)
        {
            return false;
        }

        Apply(ticket, opened);
        return true;
    }

    /// <summary>Checks, and waits for the disk if necessary.</summary>
    public void Check()
    {
        long ticket = Interlocked.Increment(ref _tickets);
        SysResult opened = Resolve(cachedOnly: false);
        Apply(ticket, opened.IsError && opened.Errno == Errno.ESTALE ? Resolve(cachedOnly: false) : opened);
    }

    /// <summary>Releases the folder, so that its filesystem can be unmounted.</summary>
    public void Dispose()
    {
        lock (_gate)
        {
            if (_disposed)
            {
                return;
            }

            _disposed = true;
            _current.Cache?.Clear();
            _current.Recent?.Clear();
            _current.Release();
        }
    }

    private unsafe SysResult Resolve(bool cachedOnly)
    {
        int flags = Libc.O_PATH | Libc.O_DIRECTORY | Fcntl.O_CLOEXEC;
        fixed (byte* name = _name)
        {
            return cachedOnly ? Libc.Open2(Libc.AT_FDCWD, name, flags, Libc.RESOLVE_CACHED) : Libc.Open(Libc.AT_FDCWD, name, flags);
        }
    }

    /// <summary>Uses the result of a check, unless a check that started later has completed before.</summary>
    private void Apply(long ticket, SysResult opened, bool first = false)
    {
        int descriptor = (int)opened.Value;
        FolderIdentity identity = default;
        SysResult result = opened.IsError ? opened : FolderIdentity.Of(descriptor, out identity);
        lock (_gate)
        {
            bool late = _disposed || ticket < _applied;
            _applied = late ? _applied : ticket;
            if (!late && !result.IsError && (_current.Failure.IsError || _current.Identity != identity))
            {
                Replace(new FileRoot(_path, descriptor, identity, _options, _devices, _time));
                descriptor = -1;
                if (!first)
                {
                    _logger.RootChanged(_path);
                }
            }
            else if (!late && result.IsError)
            {
                Fail(result, first);
            }

            _reported = late || result.IsError ? _reported : 0;
        }

        if (descriptor >= 0)
        {
            Unistd.Close(descriptor);
        }
    }

    private void Fail(SysResult result, bool first)
    {
        bool leadsNowhere =
            result.Errno is Errno.ENOENT or Errno.ENOTDIR or Errno.ELOOP or Errno.ENAMETOOLONG or Errno.EACCES or Errno.EPERM;
        if (leadsNowhere && _current.Failure != result)
        {
            Replace(FileRoot.Missing(_path, result.Errno, _devices));
        }

        if (_reported == result.Errno)
        {
            return; // logged once, until the path can be resolved again or fails for another reason
        }

        _reported = result.Errno;
        if (first)
        {
            _logger.NoRoot(_path, _options.RootCheckInterval);
        }
        else if (leadsNowhere)
        {
            _logger.RootLost(_path, result.Describe(), _options.RootCheckInterval);
        }
        else
        {
            _logger.RootCheckFailed(_path, result.Describe(), _options.RootCheckInterval);
        }
    }

    /// <summary>Replaces the folder. Requests in progress continue below the previous folder; the last of them closes it.</summary>
    private void Replace(FileRoot next)
    {
        FileRoot old = _current;
        Volatile.Write(ref _current, next);
        old.Release();
    }
}
