namespace Soak.Clients;

/// <summary>One file of the tree.</summary>
/// <param name="Path">Its request path.</param>
/// <param name="Length">Its bytes.</param>
/// <param name="Key">The offset in the pattern that it begins with.</param>
internal sealed record SoakFile(string Path, long Length, int Key);

/// <summary>Files of every size that matters: empty, around a page, around the threshold of direct reads, and larger.</summary>
internal sealed class FileTree : IDisposable
{
    private static readonly int[] Lengths = [0, 1, 4095, 4096, 100_003, 1_048_575, 1_048_577, 3_145_745, 24_000_001];

    private FileTree(string folder, IReadOnlyList<SoakFile> files) => (Folder, Files) = (folder, files);

    public string Folder { get; }

    public IReadOnlyList<SoakFile> Files { get; }

    public SoakFile Largest => Files[^1];

    /// <summary>Writes the files into a new folder below <paramref name="parent"/>.</summary>
    public static FileTree Create(string parent)
    {
        string folder = Path.GetFullPath(Path.Combine(parent, $"files-{Environment.ProcessId}"));
        Directory.CreateDirectory(folder);
        List<SoakFile> files = [];
        foreach (int length in Lengths)
        {
            int key = files.Count * 1009;
            File.WriteAllBytes(Path.Combine(folder, $"{length}.bin"), Pattern.Bytes(length, key));
            files.Add(new SoakFile($"/files/{length}.bin", length, key));
        }

        return new FileTree(folder, files);
    }

    public void Dispose() => Directory.Delete(Folder, recursive: true);
}
