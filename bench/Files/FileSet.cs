using System.Security.Cryptography;

namespace Bench.Files;

/// <summary>Files to serve: a few large ones, some of 256 KiB, many of 8 KiB. They stay between runs.</summary>
internal sealed record FileSet(string Folder, int LargeFiles, long LargeBytes, int MediumFiles, int SmallFiles)
{
    public const int MediumBytes = 256 * 1024;
    public const int SmallBytes = 8 * 1024;

    public long TotalBytes => LargeFiles * LargeBytes + (long)MediumFiles * MediumBytes + (long)SmallFiles * SmallBytes;

    /// <summary>Writes what is not there yet.</summary>
    /// <exception cref="IOException">The disk has no room for it.</exception>
    public async Task MakeAsync(CancellationToken cancellation)
    {
        Directory.CreateDirectory(Folder);
        var free = new DriveInfo(Folder).AvailableFreeSpace;
        if (!File.Exists(Path.Combine(Folder, "large-0")) && free < 2 * TotalBytes)
            throw new IOException($"{Folder} has {free >> 20} MiB free; the files take {TotalBytes >> 20} MiB and as much again should stay free");

        await MakeAsync("large", LargeFiles, LargeBytes, cancellation);
        await MakeAsync("medium", MediumFiles, MediumBytes, cancellation);
        await MakeAsync("small", SmallFiles, SmallBytes, cancellation);
    }

    private async Task MakeAsync(string name, int count, long bytes, CancellationToken cancellation)
    {
        var block = RandomNumberGenerator.GetBytes((int)Math.Min(bytes, 1 << 20));
        for (var number = 0; number < count; number++)
        {
            var path = Path.Combine(Folder, $"{name}-{number}");
            if (File.Exists(path) && new FileInfo(path).Length == bytes)
                continue;

            await using var file = File.Create(path);
            for (var written = 0L; written < bytes; written += block.Length)
                await file.WriteAsync(block, cancellation);
            file.Flush(flushToDisk: true);   // a dirty file makes io_submit wait for its write-back
        }
    }
}
