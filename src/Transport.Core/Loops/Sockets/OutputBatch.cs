using System.Buffers;
using Transport.Core.Connections.Output;

namespace Transport.Core.Loops.Sockets;

/// <summary>The output that a connection sends at once, in order.</summary>
/// <param name="Bytes">Memory of the output pipe.</param>
/// <param name="File">The file range that follows, or null. It records its own progress.</param>
internal readonly record struct OutputBatch(ReadOnlySequence<byte> Bytes, FileRange? File = null)
{
    public bool IsEmpty => Bytes.IsEmpty && File is not { Remaining: > 0 };

    /// <summary>
    /// Returns the rest after one call of <see cref="OutputCalls"/> has sent the first <paramref name="count"/> bytes. The call has
    /// recorded the progress of the file range.
    /// </summary>
    public OutputBatch After(long count) => Bytes.IsEmpty ? this : new(count == Bytes.Length ? default : Bytes.Slice(count), File);
}
