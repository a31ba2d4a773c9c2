using FileAio.Buffers;

namespace FileAio.Sending;

/// <summary>A read under way, and where in the file it began.</summary>
internal readonly record struct PendingRead(AlignedBuffer Buffer, long Position, int Length, ValueTask<SysResult> Result);
