using System.Buffers;
using Transport.Core.Connections;

namespace Transport.Core.Loops;

/// <summary>What a connection sends in one go, in order.</summary>
/// <param name="Bytes">Memory of the output pipe.</param>
/// <param name="File">Bytes of a file that follow, or null. It keeps its own progress: a batch says what is left of both.</param>
internal readonly record struct OutputBatch(ReadOnlySequence<byte> Bytes, FileRange? File = null)
{
    public bool IsEmpty => Bytes.IsEmpty && File is not { Remaining: > 0 };

    /// <summary>
    /// What is left after the first <paramref name="count"/> bytes have been sent by one call of <see cref="OutputCalls"/>, which has noted
    /// those of the file.
    /// </summary>
    public OutputBatch After(long count) => Bytes.IsEmpty ? this : new(count == Bytes.Length ? default : Bytes.Slice(count), File);
}
