namespace FileAio;

/// <summary>
/// Which symbolic links below the root are followed: nginx's <c>disable_symlinks</c>. openat2 sees to it (Linux 5.6); where there is none,
/// paths are walked a component at a time, and <see cref="Beneath"/> follows no link.
/// </summary>
public enum SymlinkPolicy
{
    /// <summary>All are followed, also out of the root. nginx's and <c>UseStaticFiles</c>' default.</summary>
    Off,

    /// <summary>None is followed: a path with a link in it is answered 403.</summary>
    On,

    /// <summary>A link is followed where it and what it points to have the same owner; else 403.</summary>
    IfNotOwner,

    /// <summary>Followed as long as the way never leaves the root; else 403. Not known to nginx.</summary>
    Beneath,
}
