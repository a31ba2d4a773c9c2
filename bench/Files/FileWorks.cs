using System.Globalization;
using Bench.Load;

namespace Bench.Files;

/// <summary>Every work that <c>bench files --works</c> knows.</summary>
internal static class FileWorks
{
    /// <summary>Those of the short form.</summary>
    public static readonly IReadOnlyList<string> Few = ["large-8", "ranges", "medium", "small", "stalled"];

    /// <summary>What the works on either side of <c>DirectIoThreshold</c> are called.</summary>
    public const string SizePrefix = "size-";

    /// <summary>
    /// Of each size what is to lie in the page cache: little beside any machine's memory, and brought in within a second.
    /// </summary>
    private const long WarmBytes = 512 << 20;

    public static IReadOnlyList<FileWork> All(FileSet files) =>
    [
        new FileLoadWork("alone", "nothing but the trickle of /plaintext: what this machine makes of it", false, _ => new Nothing()),
        Whole(files.Large, 8),
        Whole(files.Large, 32),
        new FileLoadWork("ranges", $"random ranges of 1 MiB of {files.Large.TotalBytes >> 20:N0} MiB, 64 clients, cold", true, prefix => Ranges(files.Large, prefix)) { Reads = files.Large },
        Many(files.Medium, "files of 256 KiB, 32 clients, warm"),
        Many(files.Small, "files of 8 KiB, 32 clients, warm"),
        new StalledWork("stalled", "400 clients that ask for a large file and take nothing", 400) { Reads = files.Large },
        .. files.Sizes.SelectMany(size => new[] { Cold(size), Warm(size.UpTo(WarmBytes)) }),
    ];

    private static FileLoadWork Whole(FileGroup large, int clients) =>
        new($"large-{clients}", $"files of {large.Bytes >> 20} MiB, {clients} clients, cold", true, prefix => new Downloads($"{prefix}large-", large.Count, clients))
        {
            Reads = large,
            WarmLoad = prefix => Ranges(large, prefix),
        };

    private static FileLoadWork Many(FileGroup files, string says) =>
        new(files.Name, says, false, prefix => new Wrk("/", 32) { Script = "files.lua", Arguments = [$"{prefix}{files.Name}-", Number(files.Count)] }) { Reads = files };

    /// <summary>No file twice: it ends when all have been read.</summary>
    private static FileLoadWork Cold(FileGroup size) =>
        new($"{size.Name}-cold", $"{size.TotalBytes >> 20:N0} MiB in files of {size.Bytes >> 10:N0} KiB, whole, in random order, each once, 16 clients, cold", true,
            prefix => new Downloads($"{prefix}{size.Name}-", size.Count, 16) { Shuffled = true, Once = true })
        {
            Reads = size,
        };

    private static FileLoadWork Warm(FileGroup size) =>
        new($"{size.Name}-warm", $"{size.TotalBytes >> 20:N0} MiB in files of {size.Bytes >> 10:N0} KiB, whole, in random order, 16 clients, warm", false,
            prefix => new Downloads($"{prefix}{size.Name}-", size.Count, 16) { Shuffled = true })
        {
            Reads = size,
        };

    private static Wrk Ranges(FileGroup large, string prefix) =>
        new("/", 64) { Script = "ranges.lua", Arguments = [$"{prefix}large-", Number(large.Count), Number(large.Bytes)] };

    private static string Number(long value) => value.ToString(CultureInfo.InvariantCulture);
}
