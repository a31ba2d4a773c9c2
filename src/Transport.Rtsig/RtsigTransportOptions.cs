using Transport.Core;
using CoreLibc = Transport.Core.Interop.Libc;
using Libc = Transport.Rtsig.Interop.Libc;

namespace Transport.Rtsig;

/// <summary>
/// The options of the transport on real-time signals. Bound from the configuration section <c>Kestrel:Transport:Rtsig</c>. <see
/// cref="AcceptStrategy.Shared"/> is not supported: the kernel directs a socket's signals to one thread, so only one loop would accept.
/// </summary>
public sealed class RtsigTransportOptions : TransportOptions
{
    /// <summary>
    /// Gets or sets the real-time signal that descriptors raise. If the process has a handler for it, the transport does not start. The
    /// runtime uses SIGRTMIN, and libc the signals below. Default: null, which is SIGRTMIN + 10 (44 with glibc), like nginx's rtsig module.
    /// Allowed: SIGRTMIN + 1 to SIGRTMAX (35 to 64 with glibc), or null.
    /// </summary>
    public int? Signal { get; set; }

    /// <summary>Gets or sets how the queue of signals is read. Default: <see cref="SignalReading.Batch"/>.</summary>
    public SignalReading Reading { get; set; } = SignalReading.Batch;

    internal int EffectiveSignal => Signal ?? CoreLibc.__libc_current_sigrtmin() + 10;

    internal override AcceptStrategy WithoutReusePort => AcceptStrategy.RoundRobin;

    /// <inheritdoc/>
    protected internal override IEnumerable<string> Validate()
    {
        foreach (string problem in base.Validate())
        {
            yield return problem;
        }

        if (HandOverPath is not null)
        {
            yield return $"{nameof(HandOverPath)} is \"{HandOverPath}\"; allowed on this transport: null "
                + "(the signals of a listening socket go to one process).";
        }

        int lowest = CoreLibc.__libc_current_sigrtmin() + 1;
        int highest = Libc.__libc_current_sigrtmax();
        if (Signal < lowest || Signal > highest)
        {
            yield return $"{nameof(Signal)} is {Signal}; allowed: {lowest} to {highest}, or null.";
        }

        if (!Enum.IsDefined(Reading))
        {
            yield return $"{nameof(Reading)} is {Reading}; allowed: {string.Join(", ", Enum.GetNames<SignalReading>())}.";
        }

        if (AcceptStrategy == AcceptStrategy.Shared)
        {
            yield return $"{nameof(AcceptStrategy)} is {AcceptStrategy}; allowed: {AcceptStrategy.ReusePort}, {AcceptStrategy.RoundRobin}. "
                + "The kernel directs a socket's signals to one thread, so only one loop would accept.";
        }
    }
}
