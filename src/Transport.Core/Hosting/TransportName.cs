namespace Transport.Core.Hosting;

/// <summary>The name of a registered transport.</summary>
/// <param name="Key">The key of its section below <c>Kestrel:Transport</c>, and what <c>Kestrel:Transport:Use</c> takes; upper and lower
/// case are the same there.</param>
internal sealed record TransportName(string Key)
{
    public string Section => $"{TransportSelection.Section}:{Key}";

    /// <summary>As users write it: <c>epoll</c>.</summary>
    public override string ToString() => Key.ToLowerInvariant();
}
