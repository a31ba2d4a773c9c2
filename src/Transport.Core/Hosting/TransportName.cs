namespace Transport.Core.Hosting;

/// <summary>The name of a registered transport.</summary>
/// <param name="Key">The key of its section below <c>Kestrel:Transport</c>, and the value of <c>Kestrel:Transport:Use</c>. Not
/// case-sensitive.</param>
internal sealed record TransportName(string Key)
{
    public string Section => $"{TransportSelection.Section}:{Key}";

    /// <summary>The name as users write it: <c>epoll</c>.</summary>
    public override string ToString() => Key.ToLowerInvariant();
}
