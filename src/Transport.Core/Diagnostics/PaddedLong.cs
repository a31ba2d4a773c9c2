using System.Runtime.InteropServices;

namespace Transport.Core.Diagnostics;

/// <summary>
/// A number on a cache line of its own, so that writes to it do not slow down reads of the fields beside it. 128 bytes on either side: the
/// processor fetches cache lines of 64 bytes in pairs.
/// </summary>
[StructLayout(LayoutKind.Explicit, Size = 256)]
internal struct PaddedLong
{
    [FieldOffset(128)]
    public long Value;
}
