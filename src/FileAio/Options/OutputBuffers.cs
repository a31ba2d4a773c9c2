namespace FileAio;

/// <summary>Represents the number and size of the buffers of a response. nginx: <c>output_buffers number size</c>.</summary>
/// <param name="Count">
/// The number of buffers, 1 to 64. With 1, the next read starts after the client has received the last buffer; with more, earlier.
/// </param>
/// <param name="Size">The size of each, 4,096 to 1,048,576 bytes. It is rounded up to the alignment of the device.</param>
public readonly record struct OutputBuffers(int Count, int Size);
