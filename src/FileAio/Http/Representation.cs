using FileAio.Files;
using Microsoft.Extensions.FileProviders;
using Microsoft.Net.Http.Headers;

namespace FileAio.Http;

/// <summary>Represents a file as one response describes it: validators, content type, content coding.</summary>
internal readonly struct Representation
{
    // A file that is written twice within the clock's granularity keeps its validators. They are therefore weak for some time after a
    // change (RFC 9110, 8.8.1 and 8.8.2.2).
    private static readonly TimeSpan Rest = TimeSpan.FromSeconds(2);

    public Representation(OpenResult opened, string path, ContentCoding? coding, string contentType, DirectIoFileOptions options,
        DateTimeOffset now)
    {
        (File, Provided, Path, Coding, ContentType, Now) = (opened.File, opened.Provided, path, coding, contentType, now);
        Size = File?.Size ?? Provided!.Length;
        // Whole seconds, as in HTTP.
        DateTimeOffset modified = File?.Facts.LastModified
            ?? DateTimeOffset.FromUnixTimeSeconds(Provided!.LastModified.ToUnixTimeSeconds());
        IsStrong = now - modified >= Rest;
        // A Last-Modified later than Date must not be sent (8.8.2.1).
        LastModified = modified > now ? DateTimeOffset.FromUnixTimeSeconds(now.ToUnixTimeSeconds()) : modified;
        // gzip_static tags the variant by its own time and size alone. nginx has no other codings; their tags contain the coding, so that
        // they differ even if the times are equal.
        bool named = coding is not null && !(options.ETagPrecision == ETagPrecision.Seconds && coding.Name == "gzip");
        EntityTag = !options.ETag ? null : IsStrong && coding is null && File is not null ? File.StrongTag
            : $"{(IsStrong ? "" : "W/")}{File?.EntityTag ?? TagOf(Provided!)}{(named ? "-" + coding!.Name : "")}\"";
    }

    /// <summary>The open file; null if only the provider can read it.</summary>
    public OpenedFile? File { get; }

    /// <summary>A provider's file without a physical path; null for an open file.</summary>
    public IFileInfo? Provided { get; }

    /// <summary>The size in bytes.</summary>
    public long Size { get; }

    /// <summary>
    /// The path of the request, for <see cref="DirectIoFileOptions.OnPrepareResponse"/>. The open file may have another path: that of a
    /// link's target, or of the request that opened it first.
    /// </summary>
    public string Path { get; }

    /// <summary>The content coding; null for the plain file.</summary>
    public ContentCoding? Coding { get; }

    public string ContentType { get; }

    /// <summary>The entity tag; null if tags are disabled.</summary>
    public string? EntityTag { get; }

    /// <summary>The modification time in whole seconds.</summary>
    public DateTimeOffset LastModified { get; }

    /// <summary>The value of Last-Modified.</summary>
    public string LastModifiedText =>
        File is not null && File.Facts.LastModified <= Now ? File.LastModified : HeaderUtilities.FormatDate(LastModified);

    /// <summary>Whether tag and date are strong validators.</summary>
    public bool IsStrong { get; }

    /// <summary>The time of the response.</summary>
    public DateTimeOffset Now { get; }

    /// <summary>The tag without its closing part, as for an open file. It consists of the time in units of 100 ns, and the size.</summary>
    private static string TagOf(IFileInfo info) => $"\"{info.LastModified.UtcTicks:x}-{info.Length:x}";
}
