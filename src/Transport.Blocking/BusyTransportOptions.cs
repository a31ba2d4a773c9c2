using Transport.Core;

namespace Transport.Blocking;

/// <summary>
/// What users set of the busy transport. Bound from the configuration section <c>Kestrel:Transport:Busy</c>.
/// <see cref="TransportOptions.LoopCount"/> is 1 unless set: a loop takes a processor whole, whether there are clients or not.
/// </summary>
public sealed class BusyTransportOptions : TransportOptions
{
    /// <summary>The defaults.</summary>
    public BusyTransportOptions() => LoopCount = 1;
}
