using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using System.Numerics;

namespace Transport.Core.ProxyProtocol;

/// <summary>Version 2, binary: signature, version and command, family and protocol, length, addresses, fields.</summary>
internal static class ProxyHeader2
{
    private const int FixedLength = 16;
    private const int CommandLocal = 0x20;
    private const int CommandProxy = 0x21;
    private const int UnixPathLength = 108;

    /// <summary>PP2_TYPE_CRC32C: a checksum of the whole header, computed with zeros in its own field.</summary>
    private const byte TypeCrc32C = 3;
    private const int FieldHeaderLength = 3;

    /// <inheritdoc cref="ProxyHeaderParser.TryParse"/>
    public static bool TryParse(ReadOnlySpan<byte> bytes, int signatureLength, out ProxyHeader? header, out int length)
    {
        header = null;
        length = 0;
        if (bytes.Length > signatureLength && bytes[signatureLength] is not CommandLocal and not CommandProxy)
        {
            throw new InvalidDataException($"a version 2 header has the unknown version and command 0x{bytes[signatureLength]:x2}");
        }

        if (bytes.Length < FixedLength)
        {
            return false;
        }

        int rest = BinaryPrimitives.ReadUInt16BigEndian(bytes[(FixedLength - 2)..]);
        length = FixedLength + rest;
        if (length > ProxyHeaderParser.MaxLength)
        {
            throw new InvalidDataException($"a version 2 header has {length} bytes; allowed: {ProxyHeaderParser.MaxLength}");
        }

        if (bytes.Length < length)
        {
            return false;
        }

        bytes = bytes[..length];
        byte family = bytes[signatureLength + 1];
        ReadOnlySpan<byte> payload = bytes[FixedLength..];
        int addressLength = AddressLength(family);
        if (bytes[signatureLength] == CommandLocal)
        {
            // The addresses are ignored. Without a known family, fields cannot be distinguished from them.
            header = new ProxyHeader(2, null, null, default);
            return true;
        }

        if (payload.Length < addressLength)
        {
            throw new InvalidDataException("a version 2 header is too short for its addresses");
        }

        ReadOnlySpan<byte> fields = payload[addressLength..];
        CheckFields(bytes, fields);
        (EndPoint? source, EndPoint? destination) = ReadAddresses(family, payload);
        header = new ProxyHeader(2, source, destination, fields.ToArray());
        return true;
    }

    /// <summary>Returns the value of the first field of a type.</summary>
    public static bool TryGetField(ReadOnlyMemory<byte> fields, byte type, out ReadOnlyMemory<byte> value)
    {
        while (!fields.IsEmpty)
        {
            int length = BinaryPrimitives.ReadUInt16BigEndian(fields.Span[1..]);
            if (fields.Span[0] == type)
            {
                value = fields.Slice(FieldHeaderLength, length);
                return true;
            }

            fields = fields[(FieldHeaderLength + length)..];
        }

        value = default;
        return false;
    }

    /// <summary>AF_UNSPEC, and any family or protocol that is not supported, has no addresses to read.</summary>
    private static int AddressLength(byte family) => family switch
    {
        0x00 => 0,
        0x11 or 0x12 => 12,
        0x21 or 0x22 => 36,
        0x31 or 0x32 => 2 * UnixPathLength,
        _ => throw new InvalidDataException($"a version 2 header has the unknown family and protocol 0x{family:x2}"),
    };

    private static (EndPoint? Source, EndPoint? Destination) ReadAddresses(byte family, ReadOnlySpan<byte> payload) => family switch
    {
        0x11 => (
            new IPEndPoint(new IPAddress(payload[..4]), BinaryPrimitives.ReadUInt16BigEndian(payload[8..])),
            new IPEndPoint(new IPAddress(payload[4..8]), BinaryPrimitives.ReadUInt16BigEndian(payload[10..]))),
        0x21 => (
            new IPEndPoint(new IPAddress(payload[..16]), BinaryPrimitives.ReadUInt16BigEndian(payload[32..])),
            new IPEndPoint(new IPAddress(payload[16..32]), BinaryPrimitives.ReadUInt16BigEndian(payload[34..]))),
        0x31 => (ReadPath(payload[..UnixPathLength]), ReadPath(payload.Slice(UnixPathLength, UnixPathLength))),
        _ => (null, null),
    };

    private static UnixDomainSocketEndPoint ReadPath(ReadOnlySpan<byte> path)
    {
        // sun_path ends at the first zero, except that a leading zero marks an abstract name. An unnamed client has only zeros.
        int end = path[1..].IndexOf((byte)0);
        string text = System.Text.Encoding.UTF8.GetString(end < 0 ? path : path[..(end + 1)]);
        return new UnixDomainSocketEndPoint(text);
    }

    private static void CheckFields(ReadOnlySpan<byte> header, ReadOnlySpan<byte> fields)
    {
        while (!fields.IsEmpty)
        {
            int length = fields.Length < FieldHeaderLength ? int.MaxValue : BinaryPrimitives.ReadUInt16BigEndian(fields[1..]);
            if (length > fields.Length - FieldHeaderLength)
            {
                throw new InvalidDataException("a version 2 header has a field that is longer than the header");
            }

            if (fields[0] == TypeCrc32C)
            {
                int offset = header.Length - fields.Length + FieldHeaderLength;
                if (length != sizeof(uint) || Crc32C(header, offset) != BinaryPrimitives.ReadUInt32BigEndian(header[offset..]))
                {
                    throw new InvalidDataException("a version 2 header has a wrong checksum");
                }
            }

            fields = fields[(FieldHeaderLength + length)..];
        }
    }

    private static uint Crc32C(ReadOnlySpan<byte> header, int zeroed)
    {
        uint crc = uint.MaxValue;
        for (int i = 0; i < header.Length; i++)
        {
            crc = BitOperations.Crc32C(crc, i >= zeroed && i < zeroed + sizeof(uint) ? (byte)0 : header[i]);
        }

        return ~crc;
    }
}
