using Microsoft.Extensions.FileProviders;

namespace FileAio.Files;

/// <summary>
/// Names resolved by an <see cref="IFileProvider"/> that is no folder: several in one, the static web assets of a Razor class library,
/// resources of an assembly. What it has on a disk is opened by its path, like any file; of the rest it has the stream.
/// </summary>
internal sealed class ProvidedFiles(IFileProvider provider)
{
    /// <summary>True where the file lies at <paramref name="physicalPath"/>; else <paramref name="other"/> says what is there.</summary>
    public bool TryFindPath(string relative, out string physicalPath, out OpenResult other)
    {
        string subpath = "/" + relative;
        IFileInfo info = provider.GetFileInfo(subpath);
        physicalPath = info.PhysicalPath ?? "";
        bool isFile = info.Exists && !info.IsDirectory;
        other = isFile
            ? new OpenResult(default, null, false, info)
            : provider.GetDirectoryContents(subpath).Exists
                ? new OpenResult(default, null, IsDirectory: true)
                : new OpenResult(SysResult.Error(Errno.ENOENT), null, false);
        return isFile && physicalPath.Length > 0;
    }
}
