using System.Globalization;

namespace Transport.Core.Systemd;

/// <summary>The descriptors that systemd passed to this process at its start, with their names: sd_listen_fds_with_names(3).</summary>
internal static class PassedDescriptors
{
    /// <summary>SD_LISTEN_FDS_START.</summary>
    private const int First = 3;

    /// <summary>The name that systemd gives to a descriptor without one.</summary>
    private const string Unknown = "unknown";

    private static int s_isTaken;

    /// <summary>
    /// Returns what was passed to this process, to the first caller only. Later hosts of the process get nothing: the numbers belong to the
    /// first, which may have closed them, so that they are other files by now.
    /// </summary>
    public static IReadOnlyList<PassedDescriptor> TakeAll(Func<string, string?> variable) =>
        Interlocked.Exchange(ref s_isTaken, 1) == 0 ? Parse(variable, Environment.ProcessId) : [];

    /// <param name="variable">Returns the value of an environment variable, or null.</param>
    /// <param name="processId">The id of this process. LISTEN_PID differs in a child process, to which nothing was passed.</param>
    public static IReadOnlyList<PassedDescriptor> Parse(Func<string, string?> variable, int processId)
    {
        if (!TryParse(variable("LISTEN_PID"), out int addressee)
            || addressee != processId
            || !TryParse(variable("LISTEN_FDS"), out int count)
            || count > int.MaxValue - First)
        {
            return [];
        }

        string[] names = variable("LISTEN_FDNAMES")?.Split(':') ?? [];
        return [.. Enumerable.Range(0, count).Select(i => new PassedDescriptor(First + i, names.Length == count ? names[i] : Unknown))];
    }

    /// <summary>Sets FD_CLOEXEC, as sd_listen_fds(3) does: children of this process do not inherit the descriptor.</summary>
    /// <exception cref="IOException">The descriptor is not open.</exception>
    public static void CloseOnExec(int descriptor) =>
        SysResult.From(Fcntl.fcntl(descriptor, Fcntl.F_SETFD, Fcntl.FD_CLOEXEC)).ThrowIfError("fcntl(F_SETFD)");

    private static bool TryParse(string? text, out int value) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out value);
}
