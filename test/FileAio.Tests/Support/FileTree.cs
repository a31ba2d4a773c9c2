using System.Diagnostics;
using System.IO.Compression;
using System.Text;

namespace FileAio.Tests.Support;

/// <summary>The folder that the HTTP cases speak of. Every regular file has the same modification time.</summary>
public sealed class FileTree : IDisposable
{
    public const long HugeSize = 5368709243;
    public static readonly DateTime Modified = DateTimeOffset.FromUnixTimeSeconds(1700000000).UtcDateTime;

    private readonly string _parent;

    public FileTree()
    {
        // Beside the test binaries, on a disk: a /tmp that is memory takes no direct reads.
        _parent = Directory.CreateDirectory(Path.Combine(AppContext.BaseDirectory, "trees", Path.GetRandomFileName())).FullName;
        Root = Directory.CreateDirectory(Path.Combine(_parent, "root")).FullName;
        Write("t1000.html", string.Concat(Enumerable.Range(0, 100).Select(i => $"X{i:000}XXXXXX")));
        Write("ranges.txt", "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ");
        foreach ((string? name, string? text) in new[]
        {
            ("empty.txt", ""), ("one.txt", "A"), ("dir/index.html", "<h1>index</h1>"), ("dir/inner.txt", "inner"), ("dir2/x.txt", "x"),
                (".hidden.txt", "hidden"),
            ("sp ace.txt", "space"), ("a%b.txt", "percent"), ("plus+plus.txt", "plus"), ("semi;colon.txt", "semi"),
                ("\u00fcn\u00ef.txt", "utf8"), ("q?mark.txt", "qmark"),
            ("noext", "noext"), ("unknown.zzz", "zzz"), ("style.css", "body{}"), ("app.js", "1;"), ("pic.svg", "<svg/>"),
                ("data.json", "{}"), ("vid.mp4", "\0\0\0\u0018ftypmp42"),
        })
        {
            Write(name, text);
        }

        foreach (int size in new[] { 511, 512, 513, 4095, 4096, 4097, 131071, 131072, 131073, 262144, 300001, 1048579 })
        {
            Write($"b{size}.bin", Pattern(size, 0));
        }

        byte[] plain = Encoding.ASCII.GetBytes(string.Concat(Enumerable.Repeat("precompressed ", 1000)));
        Write("pre.txt", plain);
        Write("pre.txt.gz", Gzip(plain));
        Write("pre.txt.br", "BROTLI-PAYLOAD-NOT-DECODED");
        Write("pre.txt.zst", "ZSTD-PAYLOAD-NOT-DECODED");
        Write("onlygz.txt.gz", Gzip(plain));
        File.WriteAllText(Path.Combine(_parent, "secret.txt"), "TOPSECRET");
        File.CreateSymbolicLink(At("link.txt"), "ranges.txt");
        File.CreateSymbolicLink(At("outlink.txt"), Path.Combine(_parent, "secret.txt"));
        File.CreateSymbolicLink(At("broken.txt"), "nowhere.txt");
        Directory.CreateSymbolicLink(At("linkdir"), "dir");
        Process.Start("mkfifo", At("fifo.txt")).WaitForExit();
        using (FileStream huge = File.Create(At("huge.bin")))
        {
            huge.SetLength(HugeSize);
            foreach (long offset in new[] { 0, 4294967290, HugeSize - 64 })
            {
                huge.Position = offset;
                huge.Write(Pattern(64, offset));
            }
        }
        File.SetLastWriteTimeUtc(At("huge.bin"), Modified);
    }

    public string Root { get; }

    public string At(string name) => Path.Combine(Root, name);

    public void Write(string name, string text) => Write(name, Encoding.UTF8.GetBytes(text));

    public void Write(string name, byte[] content)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(At(name))!);
        File.WriteAllBytes(At(name), content);
        File.SetLastWriteTimeUtc(At(name), Modified);
    }

    /// <summary>Bytes of a file, without reading the rest of it.</summary>
    public byte[] Slice(string name, long start, long length)
    {
        using FileStream file = File.OpenRead(At(name));
        file.Position = start;
        byte[] bytes = new byte[length];
        file.ReadExactly(bytes);
        return bytes;
    }

    public byte[] Bytes(string name) => File.ReadAllBytes(At(name));

    /// <summary>Which byte stands where is known for every offset.</summary>
    public static byte[] Pattern(int size, long offset)
    {
        byte[] bytes = new byte[size];
        for (int i = 0; i < size; i++)
        {
            long at = offset + i;
            bytes[i] = (byte)((at * 7) + ((at >> 8) * 13) + ((at >> 16) * 31) + ((at >> 24) * 17));
        }
        return bytes;
    }

    private static byte[] Gzip(byte[] plain)
    {
        MemoryStream packed = new MemoryStream();
        using (GZipStream gzip = new GZipStream(packed, CompressionLevel.SmallestSize))
        {
            gzip.Write(plain);
        }

        return packed.ToArray();
    }

    public void Dispose() => Directory.Delete(_parent, recursive: true);
}
