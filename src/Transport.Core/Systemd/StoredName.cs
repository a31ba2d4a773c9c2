using System.Net;
using Transport.Core.HandOver;

namespace Transport.Core.Systemd;

/// <summary>
/// The name of an end point in systemd's file descriptor store (FDNAME). systemd allows at most 255 characters of ASCII, without control
/// characters and colons.
/// </summary>
internal static class StoredName
{
    public const int MaxLength = 255;

    /// <summary>Tells the sockets of this project from other descriptors that the application may have stored.</summary>
    private const string Prefix = "kestrel-";

    public static string Of(EndPoint endPoint) => Prefix + Uri.EscapeDataString(HandOverPeer.Name(endPoint));

    public static bool IsOne(string name) => name.StartsWith(Prefix, StringComparison.Ordinal);

    /// <summary>The end point as text, for the log.</summary>
    public static string EndPointOf(string name) => Uri.UnescapeDataString(name[Prefix.Length..]);
}
