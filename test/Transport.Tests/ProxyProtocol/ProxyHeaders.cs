using System.Buffers.Binary;
using System.Net;

namespace Transport.Tests.ProxyProtocol;

/// <summary>Headers as a proxy makes them, byte by byte.</summary>
internal static class ProxyHeaders
{
    public const byte Local = 0x20, Proxy = 0x21;
    public const byte Unspecified = 0x00, Tcp4 = 0x11, Udp4 = 0x12, Tcp6 = 0x21, Unix = 0x31;

    private static ReadOnlySpan<byte> Signature => "\r\n\r\n\0\r\nQUIT\n"u8;

    /// <summary>A version 2 header, whatever its parts are.</summary>
    public static byte[] Version2(byte command, byte family, ReadOnlySpan<byte> payload, int? length = null)
    {
        byte[] header = new byte[16 + payload.Length];
        Signature.CopyTo(header);
        header[12] = command;
        header[13] = family;
        BinaryPrimitives.WriteUInt16BigEndian(header.AsSpan(14), (ushort)(length ?? payload.Length));
        payload.CopyTo(header.AsSpan(16));
        return header;
    }

    public static byte[] Addresses(IPEndPoint source, IPEndPoint destination)
    {
        byte[] ports = new byte[4];
        BinaryPrimitives.WriteUInt16BigEndian(ports, (ushort)source.Port);
        BinaryPrimitives.WriteUInt16BigEndian(ports.AsSpan(2), (ushort)destination.Port);
        return [.. source.Address.GetAddressBytes(), .. destination.Address.GetAddressBytes(), .. ports];
    }

    public static byte[] Field(byte type, ReadOnlySpan<byte> value) => [type, (byte)(value.Length >> 8), (byte)value.Length, .. value];
}
