namespace FileAio.Engines;

/// <summary>Reads from descriptors at an offset.</summary>
/// <remarks>
/// Any thread may call; submitting never blocks the caller. Every submitted read completes once (<see cref="FileRead.Complete"/>), with a
/// count or an error. It completes on the engine's own thread if the read is <see cref="FileRead.IsInline"/>, or else on the thread pool.
/// The kernel uses the buffer until then. A short count does not imply the end of the file.
/// </remarks>
internal interface IFileEngine : IDisposable
{
    /// <summary>The engine's name in logs, metrics and status pages.</summary>
    string Name { get; }

    /// <summary>The reads that were submitted and have not completed. <see cref="FileRead"/> maintains them.</summary>
    InFlightReads Reads { get; }

    /// <summary>
    /// Submits the read. The fields of <paramref name="read"/> are set, and do not change before it completes. If this throws, the engine
    /// has not accepted the read and will never run it.
    /// </summary>
    void Submit(FileRead read);

    /// <summary>
    /// Requests cancellation of a read. It still completes: with −ECANCELED if it had not started, or else with its bytes. (Linux cannot
    /// cancel a disk read in flight.)
    /// </summary>
    void TryCancel(FileRead read);

    /// <summary>
    /// Queues work to an engine thread, or to the thread pool if the engine has none. Continuing there saves a thread switch. The work must
    /// not block.
    /// </summary>
    void Post(SendOrPostCallback work, object? state);
}
