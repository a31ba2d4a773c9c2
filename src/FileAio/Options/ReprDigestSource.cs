namespace FileAio;

/// <summary>Specifies where the SHA-256 digest of a file comes from.</summary>
public enum ReprDigestSource
{
    /// <summary>No digest is sent. The default.</summary>
    Off,

    /// <summary>
    /// The file of the same name with <c>.sha256</c> appended, as sha256sum(1) writes it: 64 hexadecimal digits, and anything after white
    /// space. It is ignored if it is older than the file.
    /// </summary>
    Sidecar,

    /// <summary>
    /// The extended attribute <c>user.sha256</c> of the file: 64 hexadecimal digits. Whoever rewrites the file in place must set it again.
    /// </summary>
    XAttr,
}
