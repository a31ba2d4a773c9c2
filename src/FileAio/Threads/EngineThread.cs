using FileAio.Engines;
using FileAio.Engines.KernelAio;

namespace FileAio.Threads;

/// <summary>A thread of an engine, and checks for it.</summary>
internal static class EngineThread
{
    [ThreadStatic]
    private static bool t_current;

    [ThreadStatic]
    private static LoopAioEngine? t_loop;

    /// <summary>The engine that this event loop's thread is working for; null on other threads.</summary>
    public static LoopAioEngine? Loop => t_loop;

    /// <summary>Whether this is a thread that an engine has started, or an event loop's thread while it works for an engine.</summary>
    public static bool IsOwn => t_current || t_loop is not null;

    /// <summary>
    /// Whether this is such a thread, or a pool thread that runs an engine's completions. Application code must not run there, because it
    /// would delay other reads.
    /// </summary>
    public static bool IsCurrent => IsOwn || CompletionQueue.IsAnyDraining;

    /// <summary>Marks that this event loop's thread works for the engine, and must not block.</summary>
    public static void Enter(LoopAioEngine engine) => t_loop = engine;

    /// <summary>Marks that the loop continues with its own work.</summary>
    public static void Exit() => t_loop = null;

    /// <summary>
    /// Starts a thread. Returns null if the system refuses one (RLIMIT_NPROC, pids.max, no memory for its stack), which the runtime reports
    /// as <see cref="OutOfMemoryException"/>.
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
