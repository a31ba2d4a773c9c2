namespace FileAio;

/// <summary>Represents the options of the open-file cache. nginx: <c>open_file_cache</c>.</summary>
public sealed class OpenFileCacheOptions
{
    /// <summary>
    /// Gets or sets the maximum number of names in the cache. The least recently used name is evicted first. Default: 0, which disables the
    /// cache. Allowed values: 0 or more. nginx: <c>open_file_cache max=</c>.
    /// </summary>
    public int Max { get; set; }

    /// <summary>
    /// Gets or sets how long a name stays in the cache without being requested. Default: 60 s. Allowed values: more than 0. nginx:
    /// <c>open_file_cache inactive=</c>.
    /// </summary>
    public TimeSpan Inactive { get; set; } = TimeSpan.FromSeconds(60);

    /// <summary>
    /// Gets or sets how long a name is used before its path is opened again, to detect that it leads to another file. Default: 60 s.
    /// Allowed values: 0 (every request) or more. A file that is changed or deleted in place is detected at once, whatever this value is.
    /// nginx: <c>open_file_cache_valid</c>.
    /// </summary>
    public TimeSpan Valid { get; set; } = TimeSpan.FromSeconds(60);

    /// <summary>
    /// Gets or sets the number of requests after which a file is kept open. Default: 1. Allowed values: 1 or more. nginx:
    /// <c>open_file_cache_min_uses</c>.
    /// </summary>
    public int MinUses { get; set; } = 1;

    /// <summary>
    /// Gets or sets whether failures are cached too: the file does not exist, or its path cannot be followed. Default: false. nginx:
    /// <c>open_file_cache_errors</c>.
    /// </summary>
    public bool Errors { get; set; }
}
