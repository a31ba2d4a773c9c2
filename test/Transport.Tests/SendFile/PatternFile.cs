using Microsoft.Win32.SafeHandles;

namespace Transport.Tests.SendFile;

/// <summary>A file on a disk in which the value of each byte says where it belongs.</summary>
internal sealed class PatternFile : IDisposable
{
    /// <param name="length">Bytes; past <paramref name="written"/> they are holes.</param>
    /// <param name="written">How many bytes are written from the beginning on; all by default.</param>
    public PatternFile(long length, int? written = null)
    {
        Directory =
            System.IO.Directory.CreateDirectory(System.IO.Path.Combine(
                AppContext.BaseDirectory, "sendfile", System.IO.Path.GetRandomFileName())).FullName;
        Path = System.IO.Path.Combine(Directory, "pattern.bin");
        using FileStream stream = File.Create(Path);
        stream.Write(TestApp.PatternBytes((int)Math.Min(written ?? length, length)));
        stream.SetLength(length);
    }

    public string Directory { get; }

    public string Path { get; }

    public SafeFileHandle Open() => File.OpenHandle(Path, share: FileShare.ReadWrite);

    public void Write(long offset, byte[] bytes)
    {
        using SafeFileHandle file = File.OpenHandle(Path, access: FileAccess.Write, share: FileShare.ReadWrite);
        RandomAccess.Write(file, bytes, offset);
    }

    /// <summary>Descriptors of this process that are open on it.</summary>
    public int OpenDescriptors => System.IO.Directory.GetFiles("/proc/self/fd").Count(link =>
    {
        try
        {
            return new FileInfo(link).LinkTarget == Path;
        }
        catch (IOException)
        {
            return false;
        }
    });

    public Task NotOpenAsync() => Deadline.Until(() => OpenDescriptors == 0, () => $"{OpenDescriptors} descriptors of the file are open");

    public void Dispose() => System.IO.Directory.Delete(Directory, recursive: true);
}
