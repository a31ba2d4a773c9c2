using System.Security.Cryptography;
using Bench.Interop;

namespace Bench.Files;

/// <summary>The files that are served. They are kept between runs; a run creates those that its works read.</summary>
/// <param name="Folder">The folder.</param>
/// <param name="Large">Large files that exceed the page cache together.</param>
/// <param name="Medium">Files of 256 KiB.</param>
/// <param name="Small">Files of 8 KiB.</param>
/// <param name="Many">Files of 8 KiB, so many that their inodes are read from the disk too.</param>
/// <param name="Sizes">Files of each size that is a candidate for <c>DirectIoThreshold</c>.</param>
internal sealed record FileSet(string Folder, FileGroup Large, FileGroup Medium, FileGroup Small, FileGroup Many,
    IReadOnlyList<FileGroup> Sizes)
{
    /// <summary>The maximum number of large files of 1 GiB.</summary>
    public const int MaximumLarge = 30;

    private const long Mebibyte = 1 << 20;
    private const long Gibibyte = 1 << 30;

    /// <summary>The total length of each size: five seconds of reading at 0.6 GB/s.</summary>
    private const long BytesOfASize = 3 * Gibibyte;

    /// <summary>The space that stays free on the disk; an estimate.</summary>
    private const long Reserve = 5 * Gibibyte;

    /// <summary>The files of the full form.</summary>
    /// <param name="folder">The folder.</param>
    /// <param name="large">The number of large files.</param>
    /// <param name="largeBytes">The length of a large file; null for 1 GiB.</param>
    public static FileSet Full(string folder, int large, long? largeBytes = null) =>
        Make(folder, large, largeBytes ?? Gibibyte, 256, 2048, 100_000);

    /// <summary>The files of the short form, about 1 GiB.</summary>
    /// <param name="folder">The folder.</param>
    /// <param name="largeBytes">The length of a large file; null for 256 MiB.</param>
    public static FileSet Short(string folder, long? largeBytes = null) => Make(folder, 4, largeBytes ?? 256 * Mebibyte, 64, 512, 4096);

    /// <summary>Creates the files that do not exist.</summary>
    /// <exception cref="IOException">The disk has too little free space.</exception>
    public static async Task MakeAsync(IReadOnlyList<FileGroup> groups, Action<string> say, CancellationToken cancellation)
    {
        foreach (string folder in groups.Select(group => group.Folder).Distinct())
        {
            Directory.CreateDirectory(folder);
            long missing = groups.Where(group => group.Folder == folder).Sum(group => group.Missing.Count() * group.Bytes);
            CheckFreeSpace(folder, missing, new DriveInfo(folder).AvailableFreeSpace);
            if (missing > 0)
            {
                say($"creating {missing >> 20:N0} MiB of files in {folder}");
            }
        }

        foreach (FileGroup group in groups)
        {
            await MakeAsync(group, cancellation);
        }
    }

    /// <summary>Checks the free space: as much as is written must stay free, at most 5 GiB.</summary>
    /// <exception cref="IOException">The disk has too little free space.</exception>
    public static void CheckFreeSpace(string folder, long missing, long free)
    {
        long needed = missing + Math.Min(missing, Reserve);
        if (free < needed)
        {
            throw new IOException(
                $"{folder} has {free >> 20:N0} MiB free. The files need {missing >> 20:N0} MiB, and "
                + $"{needed - missing >> 20:N0} MiB must stay free.");
        }
    }

    private static FileSet Make(string folder, int large, long largeBytes, int medium, int small, int many)
    {
        return new FileSet(
            folder,
            new FileGroup(folder, "large", large, largeBytes),
            new FileGroup(folder, "medium", medium, 256 * 1024),
            new FileGroup(folder, "small", small, 8 * 1024),
            new FileGroup(folder, "many", many, 8 * 1024),
            [OfSize("64k", 64 * 1024), OfSize("256k", 256 * 1024), OfSize("1m", Mebibyte), OfSize("4m", 4 * Mebibyte),
                OfSize("16m", 16 * Mebibyte)]);

        FileGroup OfSize(string name, long bytes) => new(folder, $"size-{name}", (int)(BytesOfASize / bytes), bytes);
    }

    private static async Task MakeAsync(FileGroup group, CancellationToken cancellation)
    {
        byte[] block = RandomNumberGenerator.GetBytes((int)Math.Min(group.Bytes, Mebibyte));
        string[] paths = group.Missing.ToArray();
        foreach (string path in paths)
        {
            await using FileStream file = File.Create(path);
            for (long written = 0L; written < group.Bytes; written += block.Length)
            {
                await file.WriteAsync(block, cancellation);
            }

            await file.FlushAsync(cancellation);

            // io_submit waits for the write-back of dirty pages, and emptying the page cache keeps them. One sync for all files: one sync
            // for each takes minutes.
            if (path == paths[^1])
            {
                _ = Libc.syncfs((int)file.SafeFileHandle.DangerousGetHandle());
            }
        }
    }
}
