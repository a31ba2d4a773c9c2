namespace FileAio.Engines;

/// <summary>A thread that belongs to an engine, and the way off it.</summary>
internal static class EngineThread
{
    [ThreadStatic]
    private static bool t_current;

    /// <summary>True on a thread of an engine's, where application code must not run: it would hold up everybody's reads.</summary>
    public static bool IsCurrent => t_current || CompletionQueue.IsAnyDraining;

    public static Thread Start(string name, Action run)
    {
        var thread = new Thread(() =>
        {
            t_current = true;
            run();
        })
        { IsBackground = true, Name = name };
        thread.UnsafeStart();
        return thread;
    }
}
