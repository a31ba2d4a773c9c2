namespace Transport.Core.Scheduling.Threads;

/// <summary>What runs on a thread that <see cref="ThreadStarter"/> is to start.</summary>
internal interface IStartable
{
    /// <summary>The thread's name.</summary>
    string Name { get; }

    /// <summary>The size of the thread's stack in bytes; 0 is the default.</summary>
    int StackSize => 0;

    /// <summary>On the new thread, unless the start has failed.</summary>
    void Run();

    /// <summary>The thread could not be started, and <see cref="Run"/> will not be called. Any thread; must not block.</summary>
    void StartFailed(string reason);
}
