using System.Runtime.InteropServices;

namespace Transport.Core.Diagnostics;

/// <summary>
/// A number on a cache line of its own, so that who writes it does not slow down those who use its neighbours. 128 bytes on either side:
/// the processor fetches lines of 64 in pairs.
/// </summary>
[StructLayout(LayoutKind.Explicit, Size = 256)]
internal struct PaddedLong
{
    [FieldOffset(128)]
    public long Value;
}
