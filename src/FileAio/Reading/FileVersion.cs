using FileAio.Files;

namespace FileAio.Reading;

/// <summary>Identifies the content of a file. Responses with equal versions may send the same bytes.</summary>
internal readonly record struct FileVersion(
    ulong Device, ulong Inode, long Size, long ModifiedSeconds, uint ModifiedNanoseconds, long ChangedSeconds, uint ChangedNanoseconds)
{
    // A later change of such a file may leave its timestamps as they are: the granularity of filesystems is up to 2 s (FAT).
    private const long SettledSeconds = 2;

    public static FileVersion Of(in FileFacts facts) => new(facts.Device, facts.Inode, facts.Size, facts.ModifiedSeconds,
        facts.ModifiedNanoseconds, facts.ChangedSeconds, facts.ChangedNanoseconds);

    /// <summary>Whether the last change was so long ago that another one would be visible in the timestamps.</summary>
    public bool IsSettled(DateTimeOffset now) =>
        now.ToUnixTimeSeconds() - Math.Max(ModifiedSeconds, ChangedSeconds) > SettledSeconds;
}
