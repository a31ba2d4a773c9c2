using System.Globalization;
using Bench.Load;

namespace Bench.Files;

/// <summary>Every work that <c>bench files --works</c> knows.</summary>
internal static class FileWorks
{
    /// <summary>Those of the short form.</summary>
    public static readonly IReadOnlyList<string> Few = ["large-8", "ranges", "medium", "small", "stalled"];

    public static IReadOnlyList<FileWork> All(FileSet files) =>
    [
        new FileLoadWork("alone", "nothing but the trickle of /plaintext: what this machine makes of it", false, _ => new Nothing()),
        Whole(files, 8),
        Whole(files, 32),
        new FileLoadWork("ranges", $"random ranges of 1 MiB of {files.LargeFiles * files.LargeBytes >> 20:N0} MiB, 64 clients, cold", true, prefix => Ranges(files, prefix)),
        new FileLoadWork("medium", "files of 256 KiB, 32 clients, warm", false, prefix => Many($"{prefix}medium-", files.MediumFiles)),
        new FileLoadWork("small", "files of 8 KiB, 32 clients, warm", false, prefix => Many($"{prefix}small-", files.SmallFiles)),
        new StalledWork("stalled", "400 clients that ask for a large file and take nothing", 400),
    ];

    private static FileLoadWork Whole(FileSet files, int clients) =>
        new($"large-{clients}", $"files of {files.LargeBytes >> 20} MiB, {clients} clients, cold", true, prefix => new Downloads($"{prefix}large-", files.LargeFiles, clients))
        {
            WarmLoad = prefix => Ranges(files, prefix),
        };

    private static Wrk Ranges(FileSet files, string prefix) =>
        new("/", 64) { Script = "ranges.lua", Arguments = [$"{prefix}large-", Number(files.LargeFiles), Number(files.LargeBytes)] };

    private static Wrk Many(string prefix, int count) => new("/", 32) { Script = "files.lua", Arguments = [prefix, Number(count)] };

    private static string Number(long value) => value.ToString(CultureInfo.InvariantCulture);
}
