namespace Bench.Files;

/// <summary>Files of one length, named <c>NAME-0</c>, <c>NAME-1</c> and so on.</summary>
/// <param name="Folder">The folder.</param>
/// <param name="Name">The prefix of their names.</param>
/// <param name="Count">The number of files.</param>
/// <param name="Bytes">The length of each.</param>
internal sealed record FileGroup(string Folder, string Name, int Count, long Bytes)
{
    public long TotalBytes => Count * Bytes;

    public IEnumerable<string> Paths => Enumerable.Range(0, Count).Select(number => Path.Combine(Folder, $"{Name}-{number}"));

    /// <summary>The paths of files that do not exist or have another length.</summary>
    public IEnumerable<string> Missing => Paths.Where(path => new FileInfo(path) is not { Exists: true } file || file.Length != Bytes);

    /// <summary>Returns the first files of the group, up to a total length.</summary>
    public FileGroup UpTo(long totalBytes) => this with { Count = (int)Math.Min(Count, totalBytes / Bytes) };
}
