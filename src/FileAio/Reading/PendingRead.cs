using FileAio.Buffers;

namespace FileAio.Reading;

/// <summary>A read in flight, and its offset in the file.</summary>
internal readonly record struct PendingRead(AlignedBuffer Buffer, long Position, int Length, ValueTask<SysResult> Result);
