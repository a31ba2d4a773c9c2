using FileAio.Engines.Uring;

namespace FileAio.Engines;

/// <summary>An engine that also opens files, so that a cold path needs no thread of this library.</summary>
internal interface IOpenEngine : IFileEngine
{
    /// <summary>Whether it opens files; false once the kernel has refused to. Threads then open them.</summary>
    bool CanOpen { get; }

    /// <summary>
    /// Submits the open. Returns false if too many operations wait; otherwise the open completes once, where application code of the
    /// connection runs.
    /// </summary>
    bool TryOpen(RingOpen open);

    /// <summary>Requests cancellation of an open that was abandoned.</summary>
    void TryCancel(RingOpen open);
}
