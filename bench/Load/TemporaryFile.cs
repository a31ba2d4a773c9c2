namespace Bench.Load;

/// <summary>A temporary file that is deleted on disposal.</summary>
internal sealed record TemporaryFile(string Path) : IDisposable
{
    public static TemporaryFile Write(string text, string extension)
    {
        string path = System.IO.Path.Combine(System.IO.Path.GetTempPath(), $"bench-{Guid.NewGuid():N}{extension}");
        File.WriteAllText(path, text);
        return new TemporaryFile(path);
    }

    public void Dispose() => File.Delete(Path);
}
