namespace FileAio.Http;

/// <summary>Represents a satisfiable range of bytes: from <paramref name="Start"/> up to, and without, <paramref name="End"/>.</summary>
internal readonly record struct ByteRange(long Start, long End)
{
    public long Length => End - Start;

    /// <summary>Returns the value of Content-Range (RFC 9110, 14.4).</summary>
    public string ContentRange(long size) => $"bytes {Start}-{End - 1}/{size}";
}
