using System.Buffers;

namespace Transport.Core.Loops;

/// <summary>What a connection sends in one go, in order.</summary>
/// <param name="Bytes">Memory of the output pipe.</param>
internal readonly record struct OutputBatch(ReadOnlySequence<byte> Bytes)
{
    public long Length => Bytes.Length;

    /// <summary>What is left after the first <paramref name="count"/> bytes have been sent.</summary>
    public OutputBatch Slice(long count) => new(Bytes.Slice(count));
}
