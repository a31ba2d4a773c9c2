using FileAio.Files;

namespace FileAio.Http;

/// <summary>A file as one response tells of it: validators, type, coding.</summary>
internal readonly struct Representation
{
    // A file written to twice within the clock's grain would keep its validators: until it has rested they are weak (RFC 9110, 8.8.1 and
    // 8.8.2.2).
    private static readonly TimeSpan Rest = TimeSpan.FromSeconds(2);

    public Representation(OpenedFile file, string path, ContentCoding? coding, string contentType, DirectIoFileOptions options, DateTimeOffset now)
    {
        (File, Path, Coding, ContentType, Now) = (file, path, coding, contentType, now);
        DateTimeOffset modified = file.Facts.LastModified;
        IsStrong = now - modified >= Rest;
        // A Last-Modified later than Date must not be sent (8.8.2.1).
        LastModified = modified > now ? DateTimeOffset.FromUnixTimeSeconds(now.ToUnixTimeSeconds()) : modified;
        // gzip_static tags the variant by its own time and size alone. Of the others nginx has none, and a tag that tells them apart
        // whatever their times is better.
        bool named = coding is not null && !(options.ETagPrecision == ETagPrecision.Seconds && coding.Name == "gzip");
        EntityTag = options.ETag ? $"{(IsStrong ? "" : "W/")}{file.EntityTag}{(named ? "-" + coding!.Name : "")}\"" : null;
    }

    public OpenedFile File { get; }

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
}
