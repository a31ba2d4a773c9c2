namespace FileAio;

/// <summary>nginx's <c>output_buffers number size</c>: how much of a file a response may hold in memory.</summary>
/// <param name="Count">Buffers of a response, 1 to 64. With 1 the next read waits until the client has taken the last one; with more it is
/// under way meanwhile.</param>
/// <param name="Size">Bytes of each, 4,096 to 1,048,576; rounded up to the alignment of the device.</param>
public readonly record struct OutputBuffers(int Count, int Size);
