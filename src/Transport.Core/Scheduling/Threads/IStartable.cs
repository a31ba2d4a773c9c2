namespace Transport.Core.Scheduling.Threads;

/// <summary>A thread that <see cref="ThreadStarter"/> is to start.</summary>
internal interface IStartable
{
    /// <summary>Makes the thread, not yet started. A thread whose start has failed cannot be started again.</summary>
    Thread CreateThread();

    /// <summary>The thread could not be started. On the starter's thread; must not block.</summary>
    void StartFailed(string reason);
}
