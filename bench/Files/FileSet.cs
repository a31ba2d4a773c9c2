using System.Security.Cryptography;
using Bench.Interop;

namespace Bench.Files;

/// <summary>Files to serve. They stay between runs; a run makes those that its works read.</summary>
/// <param name="Folder">Where they are.</param>
/// <param name="Large">A few that no cache should hold.</param>
/// <param name="Medium">Some of 256 KiB.</param>
/// <param name="Small">Many of 8 KiB.</param>
/// <param name="Sizes">A few GiB of every size at which <c>DirectIoThreshold</c> might lie.</param>
internal sealed record FileSet(string Folder, FileGroup Large, FileGroup Medium, FileGroup Small, IReadOnlyList<FileGroup> Sizes)
{
    /// <summary>Large files at most: 30 GiB of them are more than most machines' memory.</summary>
    public const int MostLarge = 30;

    private const long Mebibyte = 1 << 20;
    private const long Gibibyte = 1 << 30;

    /// <summary>Of each size: five seconds of reading at 0.6 GB/s, about what the disk that this was made on does.</summary>
    private const long BytesOfASize = 3 * Gibibyte;

    /// <summary>Left free on the disk for everybody else; a guess.</summary>
    private const long Reserve = 5 * Gibibyte;

    public static FileSet Full(string folder, int large) => Make(folder, large, Gibibyte, 256, 2048);

    /// <summary>A gigabyte in all, for the short form.</summary>
    public static FileSet Short(string folder) => Make(folder, 4, 256 * Mebibyte, 64, 512);

    /// <summary>Writes what is not there yet.</summary>
    /// <exception cref="IOException">The disk has no room for it.</exception>
    public static async Task MakeAsync(IReadOnlyList<FileGroup> groups, Action<string> say, CancellationToken cancellation)
    {
        foreach (string? folder in groups.Select(group => group.Folder).Distinct())
        {
            Directory.CreateDirectory(folder);
            long missing = groups.Where(group => group.Folder == folder).Sum(group => group.Missing.Count() * group.Bytes);
            Afford(folder, missing, new DriveInfo(folder).AvailableFreeSpace);
            if (missing > 0)
            {
                say($"writing {missing >> 20:N0} MiB of files to {folder}");
            }
        }

        foreach (FileGroup group in groups)
        {
            await MakeAsync(group, cancellation);
        }
    }

    /// <summary>Refuses what would fill the disk: as much again as is written stays free, 5 GiB at most.</summary>
    /// <exception cref="IOException">The disk has no room for it.</exception>
    public static void Afford(string folder, long missing, long free)
    {
        long needed = missing + Math.Min(missing, Reserve);
        if (free < needed)
        {
            throw new IOException($"{folder} has {free >> 20:N0} MiB free; the files take {missing >> 20:N0} MiB more, and {needed - missing >> 20:N0} MiB should stay free");
        }
    }

    private static FileSet Make(string folder, int large, long largeBytes, int medium, int small)
    {
        return new FileSet(
            folder,
            new FileGroup(folder, "large", large, largeBytes),
            new FileGroup(folder, "medium", medium, 256 * 1024),
            new FileGroup(folder, "small", small, 8 * 1024),
            [OfSize("64k", 64 * 1024), OfSize("256k", 256 * 1024), OfSize("1m", Mebibyte), OfSize("4m", 4 * Mebibyte), OfSize("16m", 16 * Mebibyte)]);

        FileGroup OfSize(string name, long bytes) => new(folder, $"size-{name}", (int)(BytesOfASize / bytes), bytes);
    }

    private static async Task MakeAsync(FileGroup group, CancellationToken cancellation)
    {
        byte[] block = RandomNumberGenerator.GetBytes((int)Math.Min(group.Bytes, Mebibyte));
        string[] paths = group.Missing.ToArray();
        foreach (string? path in paths)
        {
            await using FileStream file = File.Create(path);
            for (long written = 0L; written < group.Bytes; written += block.Length)
            {
                await file.WriteAsync(block, cancellation);
            }

            await file.FlushAsync(cancellation);

            // A dirty file makes io_submit wait for its write-back, and stays when the page cache is emptied. One sync for all: one each
            // takes minutes.
            if (path == paths[^1])
            {
                _ = Libc.syncfs((int)file.SafeFileHandle.DangerousGetHandle());
            }
        }
    }
}
