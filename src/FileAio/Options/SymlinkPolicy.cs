namespace FileAio;

/// <summary>
/// Specifies which symbolic links below the root are followed. nginx: <c>disable_symlinks</c>. openat2 (Linux 5.6) enforces it. Without
/// openat2, paths are resolved one component at a time, and <see cref="Beneath"/> follows no link.
/// </summary>
public enum SymlinkPolicy
{
    /// <summary>All links are followed, also out of the root. The default, as in nginx and <c>UseStaticFiles</c>.</summary>
    Off,

    /// <summary>No link is followed: a path with a link gets 403.</summary>
    On,

    /// <summary>A link is followed if it and its target have the same owner; otherwise the response is 403.</summary>
    IfNotOwner,

    /// <summary>
    /// Links are followed as long as the path stays below the root; otherwise the response is 403. nginx does not have it.
    /// </summary>
    Beneath,
}
