namespace Bench.Load;

/// <summary>Controls a running load.</summary>
internal interface ILoadControl
{
    /// <summary>The id of the process that generates the load.</summary>
    int ProcessId { get; }

    void Pause();

    void Resume();
}
