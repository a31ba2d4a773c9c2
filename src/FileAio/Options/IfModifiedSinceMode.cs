namespace FileAio;

/// <summary>Specifies when <c>If-Modified-Since</c> results in 304. nginx: <c>if_modified_since</c>.</summary>
public enum IfModifiedSinceMode
{
    /// <summary>If the file's date is the same or earlier (RFC 9110, 13.1.3). The default.</summary>
    Before,

    /// <summary>If the file has exactly that date.</summary>
    Exact,

    /// <summary>Never.</summary>
    Off,
}
