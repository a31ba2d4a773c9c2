namespace Transport.Core.Interop.Threads;

/// <summary>The limit of threads. The runtime hides it behind exceptions about memory.</summary>
internal static unsafe class ThreadLimit
{
    /// <summary>
    /// Whether the exception is the runtime's form of EAGAIN from pthread_create(3): RLIMIT_NPROC, pids.max, or no address space for a
    /// stack. Static constructors of the framework start threads too, such as that of the first Socket.
    /// </summary>
    public static bool IsCauseOf(Exception exception) => exception
        is OutOfMemoryException or ThreadStartException
        or TypeInitializationException { InnerException: OutOfMemoryException or ThreadStartException };

    /// <summary>Creates the exception that replaces it at start-up, with the limit in its message.</summary>
    /// <param name="what">What is not started, and why: the subject of the message.</param>
    /// <param name="exception">The runtime's exception.</param>
    public static IOException Exception(string what, Exception exception) => new(
        $"{what}: the system does not allow the process another thread. {Describe()} (The runtime reports {exception.GetType().Name}.)",
        exception);

    private static string Describe()
    {
        Libc.rlimit limit;
        string limited = Libc.getrlimit(Libc.RLIMIT_NPROC, &limit) == 0 && limit.rlim_cur < int.MaxValue
            ? $"RLIMIT_NPROC (ulimit -u) is {limit.rlim_cur}, and counts all threads of the user"
            : "RLIMIT_NPROC (ulimit -u) is not set";
        return $"{limited}; pids.max of the process's cgroup (TasksMax of systemd) and memory are limits too.";
    }
}
