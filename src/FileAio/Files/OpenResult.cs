using FileAio.Interop;

namespace FileAio.Files;

/// <summary>What a lookup came to: a file (with a reference that is the receiver's), a directory, something else, or an error.</summary>
internal readonly record struct OpenResult(SysResult Result, OpenedFile? File, bool IsDirectory);
