namespace WebApp.Live;

/// <summary>A load that the live page starts.</summary>
internal enum LoadKind
{
    /// <summary>16 connections that request <c>/plaintext</c> in a closed loop.</summary>
    Plaintext,

    /// <summary>8 clients of a handler that blocks its thread for 200 ms, beside 400 requests per second.</summary>
    Blocked,

    /// <summary>64 clients that read 4 KiB of an endless response every 100 ms, beside 400 requests per second.</summary>
    Slow,

    /// <summary>8 clients of random ranges of 1 MiB that are not in the page cache, beside 400 requests per second.</summary>
    Ranges,
}
