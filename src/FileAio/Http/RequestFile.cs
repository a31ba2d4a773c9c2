using Microsoft.AspNetCore.Http;

namespace FileAio.Http;

/// <summary>Maps a request's path to a path below the root. The result contains no "..", no empty segment and no NUL.</summary>
internal static class RequestFile
{
    private const int MaxPath = 4095; // PATH_MAX without its NUL

    /// <summary>Maps the path. Returns false if no file can have this name, or if it must not be served.</summary>
    /// <param name="path">The path below <see cref="DirectIoFileOptions.RequestPath"/>, decoded: "" or beginning with a slash.</param>
    /// <param name="serveDotFiles">Whether names may begin with a dot. "." and ".." are never allowed.</param>
    /// <param name="relative">The path relative to the root, without slashes at its ends; "" is the root.</param>
    /// <param name="isDirectory">Whether the request's path ends with a slash.</param>
    public static bool TryMap(PathString path, bool serveDotFiles, out string relative, out bool isDirectory)
    {
        string text = path.Value ?? "";
        isDirectory = text.EndsWith('/');
        relative = text.Length == 0 ? "" : text[1..^(isDirectory && text.Length > 1 ? 1 : 0)];
        if (relative.Length == 0)
        {
            return text.Length < 2; // "//" contains an empty segment
        }

        if (relative.Length > MaxPath || relative.Contains('\0'))
        {
            return false;
        }

        foreach (Range range in relative.AsSpan().Split('/'))
        {
            ReadOnlySpan<char> segment = relative.AsSpan(range);
            if (segment.IsEmpty || segment is "." or ".." || (segment[0] == '.' && !serveDotFiles))
            {
                return false;
            }
        }
        return true;
    }
}
