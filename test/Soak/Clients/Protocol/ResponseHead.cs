using System.Globalization;

namespace Soak.Clients.Protocol;

/// <summary>Status and header fields of a response.</summary>
internal sealed record ResponseHead(int Status, IReadOnlyDictionary<string, string> Headers)
{
    /// <summary>Null where the response has none.</summary>
    public long? ContentLength
        => Headers.TryGetValue("Content-Length", out string? text) ? long.Parse(text, CultureInfo.InvariantCulture) : null;

    public bool IsChunked => Headers.TryGetValue("Transfer-Encoding", out string? coding) && coding == "chunked";
}
