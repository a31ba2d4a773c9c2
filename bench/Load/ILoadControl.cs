namespace Bench.Load;

/// <summary>A load under way: it can be halted and let go on, and its CPU time can be seen.</summary>
internal interface ILoadControl
{
    /// <summary>The process that makes the load.</summary>
    int ProcessId { get; }

    void Pause();

    void Resume();
}
