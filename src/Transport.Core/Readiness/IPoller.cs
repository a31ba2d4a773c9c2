using Transport.Core.Loops.Waiting;

namespace Transport.Core.Readiness;

/// <summary>
/// Reports readiness events of registered descriptors. Created, called and disposed on one loop's thread. An event may be spurious but is
/// never missing. Errors and hang-ups are reported as readiness; the system call that follows returns the error.
/// </summary>
internal interface IPoller : IDisposable
{
    /// <summary>
    /// A descriptor that becomes readable when <see cref="Wait"/> has something to return, each event an edge; −1 if there is none. Valid
    /// until the poller is disposed. Any thread.
    /// </summary>
    int Descriptor => -1;

    /// <summary>Whether events have the key that was given with the descriptor; otherwise they have the descriptor.</summary>
    bool CarriesKeys => false;

    /// <summary>
    /// Registers a descriptor. Readiness that exists already is reported too, so the caller does not try before the first event.
    /// </summary>
    /// <param name="descriptor">A non-blocking descriptor.</param>
    /// <param name="role">What the descriptor is, and whether other loops accept from it too.</param>
    SysResult Add(int descriptor, SocketRole role);

    /// <summary>As <see cref="Add(int, SocketRole)"/>, with a key for its events, which only <see cref="CarriesKeys"/> regards.</summary>
    SysResult Add(int descriptor, SocketRole role, int key) => Add(descriptor, role);

    /// <summary>
    /// Re-arms a descriptor after EAGAIN, or after a short receive without <see cref="Readiness.Exceptional"/>: its next readiness is
    /// reported once. Arming one direction leaves the other unchanged.
    /// </summary>
    void Arm(int descriptor, Readiness interest);

    /// <summary>Deregisters a descriptor. This or <see cref="Closing"/> is always called before close(2).</summary>
    void Remove(int descriptor);

    /// <summary>
    /// Deregisters a connection's descriptor, which is about to be closed and has no duplicate: close(2) may deregister it. Events of it
    /// may be reported until then.
    /// </summary>
    void Closing(int descriptor) => Remove(descriptor);

    /// <summary>
    /// Re-arms the waker, which was registered by its descriptor, after its event: the next <see cref="Waker.Wake"/> is reported again.
    /// </summary>
    void Woken(Waker waker);

    /// <summary>
    /// Waits for events. Returns their number; a signal that ends the wait gives 0. Without a wait, 0 means that there are none: a loop
    /// that is merged with another rests then until <see cref="Descriptor"/> becomes readable.
    /// </summary>
    /// <param name="ready">Receives the events. Those that do not fit are returned by the next wait.</param>
    /// <param name="timeoutMilliseconds">−1: no time-out; 0: does not wait.</param>
    SysResult Wait(Span<Ready> ready, int timeoutMilliseconds);
}
