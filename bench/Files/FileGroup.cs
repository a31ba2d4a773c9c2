namespace Bench.Files;

/// <summary>Files of one length: <c>NAME-0</c>, <c>NAME-1</c>, ….</summary>
/// <param name="Folder">Where they are.</param>
/// <param name="Name">What their names begin with.</param>
/// <param name="Count">How many.</param>
/// <param name="Bytes">Length of each.</param>
internal sealed record FileGroup(string Folder, string Name, int Count, long Bytes)
{
    public long TotalBytes => Count * Bytes;

    public IEnumerable<string> Paths => Enumerable.Range(0, Count).Select(number => Path.Combine(Folder, $"{Name}-{number}"));

    /// <summary>Those that are not there yet, or not whole.</summary>
    public IEnumerable<string> Missing => Paths.Where(path => new FileInfo(path) is not { Exists: true } file || file.Length != Bytes);

    /// <summary>The first of them, up to so many bytes in all.</summary>
    public FileGroup UpTo(long totalBytes) => this with { Count = (int)Math.Min(Count, totalBytes / Bytes) };
}
