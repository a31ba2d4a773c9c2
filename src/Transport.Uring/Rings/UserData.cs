namespace Transport.Uring.Rings;

/// <summary>
/// The value that identifies a completion: a bit that marks a cancellation, 7 bits of kind, 24 of generation, 32 of slot. The generation
/// distinguishes a socket from the next one in its slot, so that a late completion of a cancellation is not assigned to another socket.
/// </summary>
internal readonly record struct UserData(OperationKind Kind, int Generation, int Slot, bool IsCancellation = false)
{
    private const ulong CancellationBit = 1UL << 63;

    public const int MaxGeneration = (1 << 24) - 1;

    public static UserData Unpack(ulong value) =>
        new((OperationKind)((value >> 56) & 0x7f), (int)(value >> 32) & MaxGeneration, (int)(uint)value, (value & CancellationBit) != 0);

    public ulong Pack() =>
        (IsCancellation ? CancellationBit : 0) | ((ulong)Kind << 56) | ((ulong)(uint)(Generation & MaxGeneration) << 32) | (uint)Slot;
}
