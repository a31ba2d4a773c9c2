using Shared.Threads;

namespace FileAio.Threads;

/// <summary>
/// Determines for whom the current thread works. All marks of threads are here; every decision about where code runs is made from them.
/// </summary>
/// <remarks>
/// <list type="bullet">
/// <item>An engine's own thread, and an event loop's thread while it works for an engine (<see cref="IsOwn"/>): it reaps completions and
/// runs inline continuations. It must not block, and runs no application code.</item>
/// <item>A pool thread that delivers completions (<see cref="IsDelivering"/>): it may block, but runs no application code before
/// <see cref="LeaveEngine"/>.</item>
/// <item>Any other thread is the application's.</item>
/// </list>
/// Code moves between them by <see cref="LeaveEngine"/> (to the application), by <see cref="Yield"/> or a post to the engine's
/// synchronization context (to the engine), and by <see cref="PoolQueue"/> (to the pool). <see cref="ThreadLane{T}"/> has the threads that
/// may wait for the disk.
/// </remarks>
internal static class EngineThread
{
    /// <summary>
    /// What the transports leave free below pids.max is for the runtime, and half of it for engines: they need few threads, but without a
    /// first one no file is served.
    /// </summary>
    private const int LeftFree = PidsLimit.Free / 2;

    [ThreadStatic]
    private static bool t_current;

    [ThreadStatic]
    private static ILoopEngine? t_loop;

    [ThreadStatic]
    private static object? t_delivering;

    /// <summary>The engine that this event loop's thread is working for; null on other threads.</summary>
    public static ILoopEngine? Loop => t_loop;

    /// <summary>Whether this is a thread that an engine has started, or an event loop's thread while it works for an engine.</summary>
    public static bool IsOwn => t_current || t_loop is not null;

    /// <summary>
    /// Whether this is such a thread, or a pool thread that runs an engine's completions. Application code must not run there, because it
    /// would delay other reads.
    /// </summary>
    public static bool IsCurrent => IsOwn || t_delivering is not null;

    /// <summary>Marks that this event loop's thread works for the engine, and must not block.</summary>
    public static void Enter(ILoopEngine engine) => t_loop = engine;

    /// <summary>Marks that the loop continues with its own work.</summary>
    public static void Exit() => t_loop = null;

    /// <summary>Whether this pool thread delivers the completions of this queue.</summary>
    public static bool IsDelivering(object queue) => ReferenceEquals(t_delivering, queue);

    /// <summary>Marks that this pool thread delivers completions.</summary>
    public static void BeginDelivery(object queue) => t_delivering = queue;

    /// <summary>Marks that this pool thread has finished the delivery.</summary>
    public static void EndDelivery() => t_delivering = null;

    /// <summary>
    /// Starts a thread. Returns null if the system refuses one (RLIMIT_NPROC, no memory for its stack), which the runtime reports as
    /// <see cref="OutOfMemoryException"/>, and if it would take one of the last threads below pids.max, which the runtime needs.
    /// </summary>
    public static Thread? TryStart(string name, Action run) => TryStart(name, run, PidsLimit.OfProcess);

    internal static Thread? TryStart(string name, Action run, PidsLimit limit)
    {
        if (limit.Refuses(1, LeftFree) is not null)
        {
            return null;
        }

        try
        {
            Thread thread = new Thread(() =>
            {
                t_current = true;
                run();
            })
            { IsBackground = true, Name = name };
            thread.UnsafeStart();
            return thread;
        }
        catch (Exception refused) when (refused is OutOfMemoryException or ThreadStartException)
        {
            return null;
        }
    }
}
