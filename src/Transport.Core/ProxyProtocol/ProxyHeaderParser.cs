using System.Buffers;

namespace Transport.Core.ProxyProtocol;

/// <summary>
/// Parses the header of the PROXY protocol (haproxy's proxy-protocol.txt) from the first bytes of a connection. It accepts nothing beyond
/// the specification: a lenient parser would let clients forge their address.
/// </summary>
internal static class ProxyHeaderParser
{
    /// <summary>
    /// The maximum header length. Version 2 allows 65,551 bytes; the headers of haproxy, nginx, AWS and Envoy have a few hundred. An
    /// estimate, with room for a client certificate's names.
    /// </summary>
    public const int MaxLength = 4096;

    private static ReadOnlySpan<byte> Signature2 => "\r\n\r\n\0\r\nQUIT\n"u8;

    private static ReadOnlySpan<byte> Signature1 => "PROXY "u8;

    /// <summary>Parses the bytes that have been received so far.</summary>
    /// <param name="received">The first bytes of the connection.</param>
    /// <param name="header">The header; null unless it is complete.</param>
    /// <param name="length">The length of the header in bytes, if it is complete.</param>
    /// <returns>False if more bytes are needed.</returns>
    /// <exception cref="InvalidDataException">The bytes are not the beginning of a valid header.</exception>
    public static bool TryParse(in ReadOnlySequence<byte> received, out ProxyHeader? header, out int length)
    {
        header = null;
        length = 0;
        int available = (int)Math.Min(received.Length, MaxLength);
        if (available == 0)
        {
            return false;
        }

        byte[] copy = ArrayPool<byte>.Shared.Rent(available);
        try
        {
            received.Slice(0, available).CopyTo(copy);
            ReadOnlySpan<byte> bytes = copy.AsSpan(0, available);
            if (Begins(bytes, Signature2))
            {
                return bytes.Length >= Signature2.Length && ProxyHeader2.TryParse(bytes, Signature2.Length, out header, out length);
            }

            return Begins(bytes, Signature1)
                ? bytes.Length >= Signature1.Length && ProxyHeader1.TryParse(bytes, out header, out length)
                : throw new InvalidDataException("the first bytes are not a PROXY protocol header");
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(copy);
        }
    }

    private static bool Begins(ReadOnlySpan<byte> bytes, ReadOnlySpan<byte> signature)
    {
        int common = Math.Min(bytes.Length, signature.Length);
        return bytes[..common].SequenceEqual(signature[..common]);
    }
}
