using Microsoft.Extensions.FileProviders;

namespace FileAio.Files;

/// <summary>
/// Resolves names by an <see cref="IFileProvider"/> other than a folder: a composite provider, the static web assets of a Razor class
/// library, embedded resources. Files with a physical path are opened like any other; others are read from the provider's stream.
/// </summary>
internal sealed class ProvidedFiles(IFileProvider provider)
{
    /// <summary>Returns true if the file has a <paramref name="physicalPath"/>. Otherwise <paramref name="other"/> is the result.</summary>
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
