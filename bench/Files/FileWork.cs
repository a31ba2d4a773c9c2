using System.Globalization;
using Bench.Load;

namespace Bench.Files;

/// <summary>A way to ask for files.</summary>
/// <param name="Name">As results name it.</param>
/// <param name="Cold">Whether the page cache is emptied first.</param>
/// <param name="Load">Made for a URL prefix.</param>
internal sealed record FileWork(string Name, bool Cold, Func<string, ILoad> Load)
{
    public static IReadOnlyList<FileWork> All(FileSet files) =>
    [
        new($"whole files of {files.LargeBytes >> 20} MiB, cold", true, prefix => new WholeFiles($"{prefix}large-", files.LargeFiles, files.LargeBytes)),
        new("random ranges of 1 MiB, cold", true, prefix => new Wrk("/", 32)
        {
            Script = "ranges.lua",
            Arguments = [$"{prefix}large-", Number(files.LargeFiles), Number(files.LargeBytes)],
        }),
        new("256 KiB, warm", false, prefix => new Wrk("/", 32) { Script = "files.lua", Arguments = [$"{prefix}medium-", Number(files.MediumFiles)] }),
        new("8 KiB, warm", false, prefix => new Wrk("/", 32) { Script = "files.lua", Arguments = [$"{prefix}small-", Number(files.SmallFiles)] }),
    ];

    private static string Number(long value) => value.ToString(CultureInfo.InvariantCulture);
}
