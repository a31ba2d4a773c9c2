using Transport.Core;

namespace Transport.Blocking;

/// <summary>
/// The options of the busy-polling transport. Bound from the configuration section <c>Kestrel:Transport:Busy</c>. The default of <see
/// cref="TransportOptions.LoopCount"/> is 1: a loop uses a whole processor, with or without clients.
/// </summary>
public sealed class BusyTransportOptions : TransportOptions
{
    /// <summary>Initializes the options with their defaults.</summary>
    public BusyTransportOptions() => LoopCount = 1;
}
