using System.Globalization;
using Bench.Load;
using Bench.Works;

namespace Bench.Files;

/// <summary>The works of <c>bench files</c>.</summary>
internal static class FileWorks
{
    /// <summary>The works of the short form.</summary>
    public static readonly IReadOnlyList<string> Few = ["large-8", "ranges", "medium", "small", "stalled"];

    /// <summary>The prefix of the names of the works with files of one size.</summary>
    public const string SizePrefix = "size-";

    /// <summary>The bytes of each size that lie in the page cache in warm works: read within a second, and small beside the memory of
    /// any machine.</summary>
    private const long WarmBytes = 512 << 20;

    /// <summary>The bytes of large files that lie in the page cache in warm works, within the memory of a small machine.</summary>
    private const long WarmLargeBytes = 4L << 30;

    public static IReadOnlyList<Work> All(FileSet files) =>
    [
        new FileLoadWork("alone", "only the small requests", false, null),
        Whole(files.Large, 8),
        Whole(files.Large, 32),
        WholeWarm(files.Large.UpTo(WarmLargeBytes), 8),
        new FileLoadWork(
            "ranges", $"random ranges of 1 MiB of {files.Large.TotalBytes >> 20:N0} MiB, 64 clients, cold", true,
            prefix => Ranges(files.Large, prefix))
        {
            Reads = files.Large,
            Also = [Headline.BytesPerSecond, Headline.Tail],
        },
        new FileLoadWork(
            "ranges-half", $"random ranges of 1 MiB of {files.Large.TotalBytes >> 20:N0} MiB, half of it cached, 64 clients", true,
            prefix => Ranges(files.Large, prefix))
        {
            Reads = files.Large,
            Cached = files.Large.UpTo(files.Large.TotalBytes / 2),
            Also = [Headline.BytesPerSecond, Headline.Tail],
        },
        Many(files.Medium, "files of 256 KiB, 32 clients, warm"),
        Many(files.Small, "files of 8 KiB, 32 clients, warm"),
        new FileLoadWork(
            "many-cold", $"{files.Many.Count:N0} files of 8 KiB, in random order, each once, 32 clients, cold", true,
            prefix => new Downloads($"{prefix}{files.Many.Name}-", files.Many.Count, 32) { Shuffled = true, Once = true })
        {
            Reads = files.Many,
            Also = [Headline.Throughput, Headline.Tail],
        },
        new StalledWork("stalled", "400 clients that request a large file and receive nothing", 400) { Reads = files.Large },
        .. files.Sizes.SelectMany(size => new[] { Cold(size), Warm(size.UpTo(WarmBytes)) }),
    ];

    private static FileLoadWork Whole(FileGroup large, int clients) => new(
        $"large-{clients}", $"files of {large.Bytes >> 20} MiB, {clients} clients, cold", true,
        prefix => new Downloads($"{prefix}large-", large.Count, clients))
    {
        Reads = large,
        WarmLoad = prefix => Ranges(large, prefix),
        Also = [Headline.BytesPerSecond],
    };

    private static FileLoadWork WholeWarm(FileGroup large, int clients) => new(
        $"large-{clients}-warm", $"files of {large.Bytes >> 20} MiB, {clients} clients, warm", false,
        prefix => new Downloads($"{prefix}large-", large.Count, clients))
    {
        Reads = large,
        WarmLoad = prefix => Ranges(large, prefix),
        Also = [Headline.BytesPerSecond],
    };

    private static FileLoadWork Many(FileGroup files, string description) => new(
        files.Name, description, false,
        prefix => new Wrk("/", 32) { Script = "files.lua", Arguments = [$"{prefix}{files.Name}-", Number(files.Count)] })
    {
        Reads = files,
    };

    /// <summary>Every file once: the load ends when all have been read.</summary>
    private static FileLoadWork Cold(FileGroup size) => new(
        $"{size.Name}-cold",
        $"{size.TotalBytes >> 20:N0} MiB in files of {size.Bytes >> 10:N0} KiB, whole, in random order, each once, 16 clients, cold", true,
        prefix => new Downloads($"{prefix}{size.Name}-", size.Count, 16) { Shuffled = true, Once = true })
    {
        Reads = size,
    };

    private static FileLoadWork Warm(FileGroup size) => new(
        $"{size.Name}-warm",
        $"{size.TotalBytes >> 20:N0} MiB in files of {size.Bytes >> 10:N0} KiB, whole, in random order, 16 clients, warm", false,
        prefix => new Downloads($"{prefix}{size.Name}-", size.Count, 16) { Shuffled = true })
    {
        Reads = size,
    };

    private static Wrk Ranges(FileGroup large, string prefix) =>
        new("/", 64) { Script = "ranges.lua", Arguments = [$"{prefix}large-", Number(large.Count), Number(large.Bytes)] };

    private static string Number(long value) => value.ToString(CultureInfo.InvariantCulture);
}
