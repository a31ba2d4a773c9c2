using System.Globalization;
using Shared.Threads;

namespace Transport.Tests.Scheduling;

/// <summary>A folder that looks like the mount of cgroups, or a cgroup of the kernel's.</summary>
internal sealed class CgroupFolder : IDisposable
{
    private readonly string _path;
    private readonly string? _membership;

    private CgroupFolder(string path, string? membership) => (_path, _membership) = (path, membership);

    /// <summary>Creates a folder in which the process has the given cgroups.</summary>
    public static CgroupFolder Fake(string membership)
    {
        string path = Directory.CreateTempSubdirectory("cgroup").FullName;
        string file = Path.Combine(path, "membership");
        File.WriteAllText(file, membership);
        return new CgroupFolder(path, file);
    }

    /// <summary>Creates a cgroup with a limit. Returns null where that is not allowed.</summary>
    public static CgroupFolder? TryCreate(int max)
    {
        foreach (string mount in (string[])["/sys/fs/cgroup/pids", "/sys/fs/cgroup"])
        {
            string path = Path.Combine(mount, $"transports-test-{Environment.ProcessId}");
            try
            {
                Directory.CreateDirectory(path);
                CgroupFolder folder = new(path, null);
                if (File.Exists(Path.Combine(path, "pids.max")))
                {
                    folder.Set("", "pids.max", max);
                    return folder;
                }

                folder.Dispose();
            }
            catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
            {
                // Not mounted, or read-only.
            }
        }

        return null;
    }

    /// <summary>A command that moves its process here and executes the command that follows.</summary>
    public string[] Wrapper => ["sh", "-c", $"echo $$ > {_path}/cgroup.procs && exec \"$@\"", "sh"];

    public PidsLimit Find() => PidsLimit.Find(_membership!, _path);

    public void Add(string cgroup, int? max, int current)
    {
        Directory.CreateDirectory(Path.Combine(_path, cgroup));
        File.WriteAllText(Path.Combine(_path, cgroup, "pids.max"), max is { } limit ? $"{limit}\n" : "max\n");
        Set(cgroup, "pids.current", current);
    }

    public void Set(string cgroup, string file, int value) =>
        File.WriteAllText(Path.Combine(_path, cgroup, file), value.ToString(CultureInfo.InvariantCulture) + '\n');

    public string Read(string file) => File.ReadAllText(Path.Combine(_path, file)).TrimEnd();

    public void Dispose() => Directory.Delete(_path, recursive: _membership is not null);
}
