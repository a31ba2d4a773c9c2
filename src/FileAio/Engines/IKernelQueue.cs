namespace FileAio.Engines;

/// <summary>
/// The kernel's side of an engine: a queue of operations, and their completions. It has no thread; the engine decides which thread submits
/// and which reaps.
/// </summary>
internal interface IKernelQueue : IDisposable
{
    /// <summary>Protects the operations, and the state of the engine.</summary>
    Lock Gate { get; }

    /// <summary>Whether no operation waits or is in flight. Requires <see cref="Gate"/>.</summary>
    bool IsIdle { get; }

    /// <summary>Whether completions are available. Read from shared memory, without a system call.</summary>
    bool HasCompletions { get; }
}
