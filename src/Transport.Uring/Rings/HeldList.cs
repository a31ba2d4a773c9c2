namespace Transport.Uring.Rings;

/// <summary>A connection's list in <see cref="HeldBuffers"/>. The ends are valid only if it is not empty.</summary>
internal struct HeldList
{
    public int Count;
    public ushort First;
    public ushort Last;
}
