using Microsoft.Extensions.FileProviders;

namespace FileAio.Files;

/// <summary>
/// What a lookup came to: a file (with a reference that is the receiver's), one that only a provider can read, a directory, something else,
/// or an error.
/// </summary>
internal readonly record struct OpenResult(SysResult Result, OpenedFile? File, bool IsDirectory, IFileInfo? Provided = null)
{
    public bool IsFile => File is not null || Provided is not null;
}
