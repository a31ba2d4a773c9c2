namespace FileAio.Engines;

/// <summary>A thread that belongs to an engine, and the way off it.</summary>
internal static class EngineThread
{
    [ThreadStatic]
    private static bool t_current;

    [ThreadStatic]
    private static LoopAioEngine? t_loop;

    /// <summary>The engine that an event loop's thread is just working for; null elsewhere.</summary>
    public static LoopAioEngine? Loop => t_loop;

    /// <summary>True on a thread that an engine has started, and on an event loop's while it works for an engine.</summary>
    public static bool IsOwn => t_current || t_loop is not null;

    /// <summary>
    /// True there, and on a thread of the pool that brings an engine's completions, where application code must not run: it would hold up
    /// everybody's reads.
    /// </summary>
    public static bool IsCurrent => IsOwn || CompletionQueue.IsAnyDraining;

    /// <summary>An event loop's thread begins to work for the engine: what follows must not block.</summary>
    public static void Enter(LoopAioEngine engine) => t_loop = engine;

    /// <summary>The loop goes on with its own work.</summary>
    public static void Exit() => t_loop = null;

    /// <summary>
    /// Starts a thread; null where the system refuses one (RLIMIT_NPROC, pids.max, no memory for its stack), which the runtime reports as
    /// <see cref="OutOfMemoryException"/>.
    /// </summary>
    public static Thread? TryStart(string name, Action run)
    {
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
