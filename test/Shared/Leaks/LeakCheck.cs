namespace Test.Shared;

/// <summary>Open descriptors and threads of this process, to be found again as they were.</summary>
public sealed class LeakCheck
{
    private readonly Dictionary<string, int> _descriptors = Descriptors();
    private readonly int _threads = OwnThreads().Length;

    /// <summary>Waits until no more descriptors and no more threads are there than when this was made.</summary>
    public async Task NothingLeakedAsync()
    {
        await Deadline.Until(() => Leaked().Count == 0, () => "descriptors left open: " + string.Join(", ", Leaked()));
        await Deadline.Until(() => OwnThreads().Length <= _threads,
            () => $"{_threads} threads before, now {OwnThreads().Length}: {string.Join(", ", OwnThreads())}");
    }

    private List<string> Leaked()
    {
        Dictionary<string, int> now = Descriptors();
        return [.. now.Where(kind => kind.Value > _descriptors.GetValueOrDefault(kind.Key))
            .Select(kind => $"{kind.Value - _descriptors.GetValueOrDefault(kind.Key)} × {kind.Key}")];
    }

    /// <summary>Counts by kind: socket, anon_inode:[eventpoll], anon_inode:[eventfd], pipe, and each file by its path.</summary>
    private static Dictionary<string, int> Descriptors()
    {
        Dictionary<string, int> kinds = new Dictionary<string, int>();
        foreach (string link in Directory.GetFiles("/proc/self/fd"))
        {
            string? target;
            try
            {
                target = new FileInfo(link).LinkTarget;
            }
            catch (IOException)
            {
                continue;   // closed since it was listed, such as the listing's own descriptor
            }
            if (target is null || target.StartsWith("/proc/", StringComparison.Ordinal))
            {
                continue;
            }
            // Files are opened by the runtime when it pleases (assemblies, /proc); a transport's own are never regular files.
            if (target.StartsWith('/'))
            {
                continue;
            }

            string kind = target.StartsWith("anon_inode:", StringComparison.Ordinal) ? target : target.Split(':')[0];
            kinds[kind] = kinds.GetValueOrDefault(kind) + 1;
        }
        return kinds;
    }

    /// <summary>
    /// Threads but for the runtime's own, which come and go as it likes (they are named ".NET …", as is the unnamed pool), and but for
    /// those that the process has once, from the first loop's start to the last one's end (the kernel keeps 15 characters of a name).
    /// </summary>
    private static string[] OwnThreads()
    {
        List<string> names = new List<string>();
        foreach (string task in Directory.GetDirectories("/proc/self/task"))
        {
            try
            {
                string name = File.ReadAllText(Path.Combine(task, "comm")).TrimEnd('\n');
                if (!name.StartsWith(".NET", StringComparison.Ordinal) && name is not ("transport monit" or "transport reser"))
                {
                    names.Add(name);
                }
            }
            catch (IOException)
            {
                // the thread ended since it was listed
            }
        }
        return [.. names];
    }
}
