using Transport.Core.Loops;
namespace Transport.Core.Readiness;

/// <summary>
/// Seam B: says which watched descriptors may be ready. Built, called and disposed on one loop's thread.
/// A report is a hint: it may be spurious, it is never missing. Errors and hang-ups come as readiness;
/// the system call that follows tells what really happened.
/// </summary>
internal interface IPoller : IDisposable
{
    /// <summary>
    /// Starts watching. What is readable already is reported like what becomes so: the caller does not try before it is told.
    /// </summary>
    /// <param name="descriptor">Non-blocking.</param>
    /// <param name="role">Whether it listens, and whether other loops accept from it too.</param>
    SysResult Add(int descriptor, SocketRole role);

    /// <summary>
    /// After EAGAIN, or a receive that came back short without <see cref="Readiness.Exceptional"/>: report once when this may be ready
    /// again. Armed for one direction, the other stays as it was.
    /// </summary>
    void Arm(int descriptor, Readiness interest);

    /// <summary>Stops watching; always before close(2).</summary>
    void Remove(int descriptor);

    /// <summary>The waker, which was added by its descriptor, was reported: the next <see cref="Waker.Wake"/> must be reported again.</summary>
    void Woken(Waker waker);

    /// <summary>Waits, and fills in reports. The result is how many; a signal that ends the wait is 0 reports.</summary>
    /// <param name="ready">Where the reports go. Those that find no room come with the next wait.</param>
    /// <param name="timeoutMilliseconds">−1 for as long as it takes, 0 not at all.</param>
    SysResult Wait(Span<Ready> ready, int timeoutMilliseconds);
}
