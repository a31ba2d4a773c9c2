using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Transport.Core.ProxyProtocol;

/// <summary>Version 1, a line of text: <c>PROXY TCP4 192.0.2.1 198.51.100.1 56324 443</c>.</summary>
internal static class ProxyHeader1
{
    /// <summary>The maximum line length including CR LF, as the specification defines it.</summary>
    private const int MaxLength = 107;

    /// <inheritdoc cref="ProxyHeaderParser.TryParse"/>
    public static bool TryParse(ReadOnlySpan<byte> bytes, out ProxyHeader? header, out int length)
    {
        header = null;
        length = 0;
        ReadOnlySpan<byte> window = bytes[..Math.Min(bytes.Length, MaxLength)];
        int end = window.IndexOf((byte)'\n');
        if (end < 0)
        {
            return window.Length < MaxLength
                ? false
                : throw new InvalidDataException($"a version 1 header has no end within {MaxLength} bytes");
        }

        if (window[end - 1] != '\r')
        {
            throw new InvalidDataException("a version 1 header does not end in CR LF");
        }

        length = end + 1;
        header = Parse(Encoding.Latin1.GetString(window[..(end - 1)]));
        return true;
    }

    private static ProxyHeader Parse(string line)
    {
        string[] parts = line.Split(' ');
        if (parts[1] == "UNKNOWN")
        {
            // The specification requires that the rest of the line is ignored.
            return new ProxyHeader(1, null, null, default);
        }

        AddressFamily family = parts[1] switch
        {
            "TCP4" => AddressFamily.InterNetwork,
            "TCP6" => AddressFamily.InterNetworkV6,
            _ => throw new InvalidDataException("a version 1 header has an unknown protocol"),
        };
        if (parts.Length != 6)
        {
            throw new InvalidDataException($"a version 1 header has {parts.Length} parts instead of 6");
        }

        return new ProxyHeader(
            1,
            new IPEndPoint(ParseAddress(parts[2], family), ParsePort(parts[4])),
            new IPEndPoint(ParseAddress(parts[3], family), ParsePort(parts[5])),
            default);
    }

    /// <summary>IPAddress also parses 1.2, 0x7f.1, [::1] and ::1%eth0, which this protocol does not allow.</summary>
    private static IPAddress ParseAddress(string text, AddressFamily family)
    {
        bool isPlain = family == AddressFamily.InterNetwork
            ? text.All(static letter => letter is '.' or (>= '0' and <= '9'))
            : text.All(static letter => letter is ':' or '.' || char.IsAsciiHexDigit(letter));
        if (isPlain && IPAddress.TryParse(text, out IPAddress? address) && address.AddressFamily == family
            && (family == AddressFamily.InterNetworkV6 || address.ToString() == text))
        {
            return address;
        }

        throw new InvalidDataException("a version 1 header has a malformed address");
    }

    private static int ParsePort(string text) =>
        text.Length is > 0 and <= 5 && (text == "0" || text[0] != '0')
        && ushort.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out ushort port)
            ? port
            : throw new InvalidDataException("a version 1 header has a malformed port");
}
