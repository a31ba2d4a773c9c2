namespace FileAio;

/// <summary>When <c>If-Modified-Since</c> makes a 304: nginx's <c>if_modified_since</c>.</summary>
public enum IfModifiedSinceMode
{
    /// <summary>Where the file is as old as the date, or older. RFC 9110's rule (13.1.3), and the default.</summary>
    Before,

    /// <summary>Where the file has exactly that date.</summary>
    Exact,

    /// <summary>Never.</summary>
    Off,
}
