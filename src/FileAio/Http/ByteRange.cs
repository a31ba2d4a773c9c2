namespace FileAio.Http;

/// <summary>A satisfiable range of bytes: <paramref name="Start"/> up to, and without, <paramref name="End"/>.</summary>
internal readonly record struct ByteRange(long Start, long End)
{
    public long Length => End - Start;

    /// <summary>Content-Range's value (RFC 9110, 14.4).</summary>
    public string ContentRange(long size) => $"bytes {Start}-{End - 1}/{size}";
}
