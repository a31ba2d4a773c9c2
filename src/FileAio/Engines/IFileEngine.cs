namespace FileAio.Engines;

/// <summary>
/// A way to read from a descriptor at an offset. Any thread may call; submitting never blocks the caller.
/// Every read that is submitted is completed once (<see cref="FileRead.Complete"/>), with a count or an error: on the engine's own
/// thread where the read is <see cref="FileRead.IsInline"/>, else on the thread pool;
/// until then the buffer is the kernel's. A short count is no promise of the end of the file.
/// </summary>
internal interface IFileEngine : IDisposable
{
    /// <summary>The engine's name, as logs, metrics and status pages tell it.</summary>
    string Name { get; }

    /// <summary>The reads that were submitted and have not completed. <see cref="FileRead"/> keeps them; an engine only has them.</summary>
    InFlightReads Reads { get; }

    /// <summary>
    /// Takes the read. The fields of <paramref name="read"/> are set, and nobody changes them before it completes. Where this throws, the
    /// engine has not taken the read: it will never be run.
    /// </summary>
    void Submit(FileRead read);

    /// <summary>
    /// Asks that a read which nobody wants any more be given up. It completes all the same: with −ECANCELED where it had not begun,
    /// with its bytes where it had. (Linux cannot cancel a disk read that is under way.)
    /// </summary>
    void TryCancel(FileRead read);

    /// <summary>
    /// Runs something soon on a thread of the engine's (of the pool's where it has none): what goes on there spares the switch to another.
    /// Nothing that waits.
    /// </summary>
    void Post(SendOrPostCallback work, object? state);
}
