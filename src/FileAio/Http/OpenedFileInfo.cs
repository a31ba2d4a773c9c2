using FileAio.Files;
using Microsoft.Extensions.FileProviders;

namespace FileAio.Http;

/// <summary>Describes the file that is served to <c>OnPrepareResponse</c>, as in <c>UseStaticFiles</c>.</summary>
internal sealed class OpenedFileInfo(OpenedFile file, string path) : IFileInfo
{
    public bool Exists => true;

    public bool IsDirectory => false;

    public DateTimeOffset LastModified => file.Facts.LastModified;

    public long Length => file.Size;

    public string Name => Path.GetFileName(path);

    public string? PhysicalPath => path;

    public Stream CreateReadStream() =>
        new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, 1, FileOptions.Asynchronous);
}
