namespace WebApp;

/// <summary>Specifies where application code runs, as in <c>--scheduling</c>.</summary>
internal enum Scheduling
{
    /// <summary>
    /// On the loop's thread; another thread takes over when a handler blocks. Not supported by the framework's transport.
    /// </summary>
    LeaderFollowers,

    /// <summary>On worker threads of the loop. Not supported by the framework's transport.</summary>
    Workers,

    /// <summary>On the thread pool.</summary>
    ThreadPool,

    /// <summary>On the thread that received the bytes.</summary>
    Inline,
}
