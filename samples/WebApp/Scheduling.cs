namespace WebApp;

/// <summary>Where application code runs, as <c>--scheduling</c> spells it.</summary>
internal enum Scheduling
{
    /// <summary>The loop's thread, which another takes over when a handler blocks. The framework's transport does not have it.</summary>
    LeaderFollowers,

    /// <summary>Threads of the loop's own. The framework's transport has none.</summary>
    Workers,

    /// <summary>The thread pool.</summary>
    ThreadPool,

    /// <summary>The thread that received the bytes.</summary>
    Inline,
}
