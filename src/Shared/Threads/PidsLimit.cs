namespace Shared.Threads;

/// <summary>
/// The limit of threads and processes of the process's cgroup and of those above it: pids.max, which is TasksMax of systemd and
/// --pids-limit of Docker. A start that the kernel refuses comes too late: at that moment the runtime cannot start a thread either,
/// and ends the process if it wants to. So the limit is read before a thread is started.
/// </summary>
/// <remarks>
/// For RLIMIT_NPROC the kernel has no counter that could be read. A limit that is set for a cgroup without one after the process's start is
/// not seen.
/// </remarks>
internal sealed class PidsLimit
{
    /// <summary>What is left free for the threads that the runtime starts. A guess: more than it was seen to start at once.</summary>
    public const int Free = 8;

    private readonly List<CgroupPids> _limited = [];

    private PidsLimit()
    {
    }

    /// <summary>The one of this process.</summary>
    public static PidsLimit OfProcess { get; } = Find("/proc/self/cgroup", "/sys/fs/cgroup");

    /// <summary>Finds the limited cgroups. There are none where the files cannot be read.</summary>
    /// <param name="membership">The file that names the process's cgroups, as in cgroups(7).</param>
    /// <param name="mount">Where the cgroup file systems are mounted.</param>
    public static PidsLimit Find(string membership, string mount)
    {
        PidsLimit limit = new();
        try
        {
            foreach (string line in File.ReadLines(membership))
            {
                // hierarchy-ID:controllers:path, without controllers in version 2
                if (line.Split(':', 3) is [_, string controllers, string path]
                    && (controllers.Length == 0 || controllers.Split(',').Contains("pids")))
                {
                    limit.Add(controllers.Length == 0 ? mount : Path.Combine(mount, "pids"), path);
                }
            }
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            // No /proc: nothing is known about limits.
        }

        return limit;
    }

    /// <summary>Returns why no more threads should be started now; null if there is room for so many.</summary>
    /// <param name="threads">The threads to start.</param>
    /// <param name="free">What they are to leave free.</param>
    public string? Refuses(int threads, int free = Free)
    {
        foreach (CgroupPids cgroup in _limited)
        {
            if (cgroup.TryRead(out long max, out long current) && max - current < threads + free)
            {
                return $"{current} threads and processes of at most {max} exist (pids.max of {cgroup.Folder}), and the runtime needs some";
            }
        }

        return null;
    }

    /// <summary>
    /// Adds the limited cgroups from the path up to the root. In a container without a cgroup namespace the path is the host's: its
    /// folder does not exist, and the container's own cgroup is the root of the mount.
    /// </summary>
    private void Add(string root, string path)
    {
        for (string? at = path; at is not null; at = Path.GetDirectoryName(at))
        {
            if (CgroupPids.TryOpen(Path.Join(root, at)) is { } cgroup)
            {
                _limited.Add(cgroup);
            }
        }
    }
}
