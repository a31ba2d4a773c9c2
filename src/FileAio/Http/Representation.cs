using FileAio.Files;
using Microsoft.Extensions.FileProviders;

namespace FileAio.Http;

/// <summary>A file as one response tells of it: validators, type, coding.</summary>
internal readonly struct Representation
{
    // A file written to twice within the clock's grain would keep its validators: until it has rested they are weak (RFC 9110, 8.8.1 and
    // 8.8.2.2).
    private static readonly TimeSpan Rest = TimeSpan.FromSeconds(2);

    public Representation(OpenResult opened, string path, ContentCoding? coding, string contentType, DirectIoFileOptions options, DateTimeOffset now)
    {
        (File, Provided, Path, Coding, ContentType, Now) = (opened.File, opened.Provided, path, coding, contentType, now);
        Size = File?.Size ?? Provided!.Length;
        // Whole seconds, as HTTP has them.
        DateTimeOffset modified = File?.Facts.LastModified ?? DateTimeOffset.FromUnixTimeSeconds(Provided!.LastModified.ToUnixTimeSeconds());
        IsStrong = now - modified >= Rest;
        // A Last-Modified later than Date must not be sent (8.8.2.1).
        LastModified = modified > now ? DateTimeOffset.FromUnixTimeSeconds(now.ToUnixTimeSeconds()) : modified;
        // gzip_static tags the variant by its own time and size alone. Of the others nginx has none, and a tag that tells them apart
        // whatever their times is better.
        bool named = coding is not null && !(options.ETagPrecision == ETagPrecision.Seconds && coding.Name == "gzip");
        EntityTag = options.ETag ? $"{(IsStrong ? "" : "W/")}{File?.EntityTag ?? TagOf(Provided!)}{(named ? "-" + coding!.Name : "")}\"" : null;
    }

    /// <summary>Null where only the provider can read it.</summary>
    public OpenedFile? File { get; }

    /// <summary>What a provider has without a place on a disk; null for a file.</summary>
    public IFileInfo? Provided { get; }

    /// <summary>Bytes.</summary>
    public long Size { get; }

    /// <summary>
    /// Where the request found it. The file itself may be known by another name, that of a link or of whoever opened it first.
    /// </summary>
    public string Path { get; }

    /// <summary>Null for the file as it is.</summary>
    public ContentCoding? Coding { get; }

    public string ContentType { get; }

    /// <summary>Null where tags are off.</summary>
    public string? EntityTag { get; }

    /// <summary>Whole seconds.</summary>
    public DateTimeOffset LastModified { get; }

    /// <summary>Whether tag and date are strong validators.</summary>
    public bool IsStrong { get; }

    /// <summary>The time of the response.</summary>
    public DateTimeOffset Now { get; }

    /// <summary>The tag but for what closes it, made as for a file: the time in units of 100 ns, and the bytes.</summary>
    private static string TagOf(IFileInfo info) => $"\"{info.LastModified.UtcTicks:x}-{info.Length:x}";
}
