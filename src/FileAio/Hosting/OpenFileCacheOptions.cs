namespace FileAio;

/// <summary>nginx's <c>open_file_cache</c> and what belongs to it.</summary>
public sealed class OpenFileCacheOptions
{
    /// <summary>
    /// Names kept at most; the least recently used goes first. 0, the default, is no cache. Range 0 to <see cref="int.MaxValue"/>. nginx:
    /// <c>open_file_cache max=</c>.
    /// </summary>
    public int Max { get; set; }

    /// <summary>A name not asked for in this time is dropped. Default 60 s; more than 0. nginx: <c>open_file_cache inactive=</c>.</summary>
    public TimeSpan Inactive { get; set; } = TimeSpan.FromSeconds(60);

    /// <summary>
    /// After this time the path is opened anew, to see whether it leads to another file. Default 60 s; 0 asks every time. A file that was
    /// changed or deleted in place is seen at once, whatever this says. nginx: <c>open_file_cache_valid</c>.
    /// </summary>
    public TimeSpan Valid { get; set; } = TimeSpan.FromSeconds(60);

    /// <summary>Requests after which a file is kept open. Default 1; at least 1. nginx: <c>open_file_cache_min_uses</c>.</summary>
    public int MinUses { get; set; } = 1;

    /// <summary>Remembers also that there was no such file, or no way to it. Default false. nginx: <c>open_file_cache_errors</c>.</summary>
    public bool Errors { get; set; }
}
