using Microsoft.Extensions.FileProviders;

namespace FileAio.Files;

/// <summary>
/// The result of a lookup: a file (with a reference that the caller owns), a file without a physical path, a directory, another kind of
/// file, or an error.
/// </summary>
internal readonly record struct OpenResult(SysResult Result, OpenedFile? File, bool IsDirectory, IFileInfo? Provided = null)
{
    public bool IsFile => File is not null || Provided is not null;
}
