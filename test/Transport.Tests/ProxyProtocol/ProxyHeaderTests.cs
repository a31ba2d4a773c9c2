using System.Buffers;
using System.Buffers.Binary;
using System.Net;
using System.Text;
using Transport.Core.ProxyProtocol;

namespace Transport.Tests.ProxyProtocol;

/// <summary>The parser: what the specification has, and nothing else.</summary>
public class ProxyHeaderTests(ITestOutputHelper output)
{
    private static readonly IPEndPoint Source4 = IPEndPoint.Parse("192.0.2.1:56324"), Destination4 = IPEndPoint.Parse("198.51.100.1:443");
    private static readonly IPEndPoint Source6 = IPEndPoint.Parse("[2001:db8::1]:4000");
    private static readonly IPEndPoint Destination6 = IPEndPoint.Parse("[2001:db8::2]:443");

    [Theory]
    [InlineData("PROXY TCP4 192.0.2.1 198.51.100.1 56324 443\r\n", "192.0.2.1:56324", "198.51.100.1:443")]
    [InlineData("PROXY TCP4 255.255.255.255 255.255.255.255 65535 65535\r\n", "255.255.255.255:65535", "255.255.255.255:65535")]
    [InlineData("PROXY TCP4 0.0.0.0 0.0.0.0 0 0\r\n", "0.0.0.0:0", "0.0.0.0:0")]
    [InlineData("PROXY TCP6 2001:db8::1 2001:db8::2 4000 443\r\n", "[2001:db8::1]:4000", "[2001:db8::2]:443")]
    [InlineData("PROXY TCP6 ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff 65535 65535\r\n",
        "[ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff]:65535", "[ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff]:65535")]
    [InlineData("PROXY UNKNOWN\r\n", null, null)]
    [InlineData("PROXY UNKNOWN ffff::1 whatever 1 99999\r\n", null, null)]
    public void Version_1(string line, string? source, string? destination)
    {
        ProxyHeader header = ParseAll(Encoding.Latin1.GetBytes(line));
        Assert.Equal((1, source, destination), (header.Version, header.Source?.ToString(), header.Destination?.ToString()));
    }

    [Theory]
    [InlineData("GET / HTTP/1.1\r\n")]
    [InlineData("PROXY\r\n")]
    [InlineData("PROXY \r\n")]
    [InlineData("PROXY TCP4\r\n")]
    [InlineData("PROXY tcp4 192.0.2.1 198.51.100.1 56324 443\r\n")]
    [InlineData("PROXY UDP4 192.0.2.1 198.51.100.1 56324 443\r\n")]
    [InlineData("PROXY TCP4 192.0.2.1 198.51.100.1 56324\r\n")]
    [InlineData("PROXY TCP4 192.0.2.1 198.51.100.1 56324 443 \r\n")]
    [InlineData("PROXY TCP4  192.0.2.1 198.51.100.1 56324 443\r\n")]
    [InlineData("PROXY TCP4 192.0.2.1 198.51.100.1 56324 443\n")]
    [InlineData("PROXY TCP4 192.0.2.1 198.51.100.1 65536 443\r\n")]
    [InlineData("PROXY TCP4 192.0.2.1 198.51.100.1 -1 443\r\n")]
    [InlineData("PROXY TCP4 192.0.2.1 198.51.100.1 +1 443\r\n")]
    [InlineData("PROXY TCP4 192.0.2.1 198.51.100.1 0443 443\r\n")]
    [InlineData("PROXY TCP4 192.0.2.256 198.51.100.1 1 443\r\n")]
    [InlineData("PROXY TCP4 192.0.2 198.51.100.1 1 443\r\n")]
    [InlineData("PROXY TCP4 192.0.2.01 198.51.100.1 1 443\r\n")]
    [InlineData("PROXY TCP4 0xc0.0.2.1 198.51.100.1 1 443\r\n")]
    [InlineData("PROXY TCP4 3221225985 198.51.100.1 1 443\r\n")]
    [InlineData("PROXY TCP4 2001:db8::1 2001:db8::2 1 443\r\n")]
    [InlineData("PROXY TCP6 192.0.2.1 198.51.100.1 1 443\r\n")]
    [InlineData("PROXY TCP6 [2001:db8::1] 2001:db8::2 1 443\r\n")]
    [InlineData("PROXY TCP6 fe80::1%eth0 2001:db8::2 1 443\r\n")]
    [InlineData("PROXY TCP6 2001:db8:::1 2001:db8::2 1 443\r\n")]
    [InlineData("PROXY UNKNOWN aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
        + "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\r\n")]
    public void An_invalid_version_1_header_is_refused(string text) =>
        Assert.Throws<InvalidDataException>(() => ParseAll(Encoding.Latin1.GetBytes(text)));

    [Fact]
    public void Version_2_with_addresses_and_fields()
    {
        byte[] payload =
        [
            .. ProxyHeaders.Addresses(Source4, Destination4), .. ProxyHeaders.Field(2, "example.org"u8), .. ProxyHeaders.Field(4, []),
            .. ProxyHeaders.Field(0xea, "second"u8), .. ProxyHeaders.Field(0xea, "of two"u8),
        ];
        ProxyHeader header = ParseAll(ProxyHeaders.Version2(ProxyHeaders.Proxy, ProxyHeaders.Tcp4, payload));
        Assert.Equal((2, Source4, Destination4), (header.Version, header.Source, header.Destination));
        ProxyProtocolFeature feature = new(header, null, null);
        Assert.True(feature.TryGetField(2, out ReadOnlyMemory<byte> authority));
        Assert.Equal("example.org"u8, authority.Span);
        Assert.True(feature.TryGetField(4, out ReadOnlyMemory<byte> empty));
        Assert.Equal(0, empty.Length);
        Assert.True(feature.TryGetField(0xea, out ReadOnlyMemory<byte> first));
        Assert.Equal("second"u8, first.Span);
        Assert.False(feature.TryGetField(1, out _));
    }

    [Fact]
    public void Version_2_over_IPv6_and_Unix_sockets()
    {
        ProxyHeader six = ParseAll(ProxyHeaders.Version2(
            ProxyHeaders.Proxy, ProxyHeaders.Tcp6, ProxyHeaders.Addresses(Source6, Destination6)));
        Assert.Equal((Source6, Destination6), (six.Source, six.Destination));

        byte[] paths = new byte[216];
        "/run/client"u8.CopyTo(paths);
        "/run/server"u8.CopyTo(paths.AsSpan(108));
        ProxyHeader unix = ParseAll(ProxyHeaders.Version2(ProxyHeaders.Proxy, ProxyHeaders.Unix, paths));
        Assert.Equal(("/run/client", "/run/server"), (unix.Source!.ToString(), unix.Destination!.ToString()));
        Assert.NotNull(ParseAll(ProxyHeaders.Version2(ProxyHeaders.Proxy, ProxyHeaders.Unix, new byte[216])).Source);
    }

    [Theory]
    [InlineData(ProxyHeaders.Local, ProxyHeaders.Unspecified, 0)]
    [InlineData(ProxyHeaders.Local, ProxyHeaders.Tcp4, 12)]
    [InlineData(ProxyHeaders.Local, ProxyHeaders.Tcp4, 3)]
    [InlineData(ProxyHeaders.Proxy, ProxyHeaders.Unspecified, 0)]
    [InlineData(ProxyHeaders.Proxy, ProxyHeaders.Udp4, 12)]
    public void Version_2_without_an_address_of_a_connection(byte command, byte family, int length) =>
        Assert.Null(ParseAll(ProxyHeaders.Version2(command, family, new byte[length])).Source);

    [Theory]
    [InlineData(0x11, ProxyHeaders.Tcp4, 12, null)]
    [InlineData(0x22, ProxyHeaders.Tcp4, 12, null)]
    [InlineData(0x31, ProxyHeaders.Tcp4, 12, null)]
    [InlineData(ProxyHeaders.Proxy, 0x13, 12, null)]
    [InlineData(ProxyHeaders.Proxy, 0x41, 12, null)]
    [InlineData(ProxyHeaders.Proxy, ProxyHeaders.Tcp4, 11, null)]
    [InlineData(ProxyHeaders.Proxy, ProxyHeaders.Tcp6, 35, null)]
    [InlineData(ProxyHeaders.Proxy, ProxyHeaders.Unix, 215, null)]
    [InlineData(ProxyHeaders.Proxy, ProxyHeaders.Tcp4, 13, null)]
    [InlineData(ProxyHeaders.Proxy, ProxyHeaders.Tcp4, 14, null)]
    [InlineData(ProxyHeaders.Proxy, ProxyHeaders.Tcp4, 12, 65535)]
    [InlineData(ProxyHeaders.Proxy, ProxyHeaders.Tcp4, 12, 4081)]
    public void An_invalid_version_2_header_is_refused(byte command, byte family, int length, int? announced) =>
        Assert.Throws<InvalidDataException>(() => ParseAll(ProxyHeaders.Version2(command, family, new byte[length], announced)));

    [Fact]
    public void A_field_that_is_longer_than_the_header_is_refused()
    {
        byte[] payload = [.. ProxyHeaders.Addresses(Source4, Destination4), 2, 0xff, 0xff, 1];
        Assert.Throws<InvalidDataException>(() => ParseAll(ProxyHeaders.Version2(ProxyHeaders.Proxy, ProxyHeaders.Tcp4, payload)));
    }

    [Fact]
    public void A_checksum_must_be_right()
    {
        byte[] header = ProxyHeaders.Version2(
            ProxyHeaders.Proxy, ProxyHeaders.Tcp4,
            [.. ProxyHeaders.Addresses(Source4, Destination4), .. ProxyHeaders.Field(3, new byte[4])]);
        BinaryPrimitives.WriteUInt32BigEndian(header.AsSpan(header.Length - 4), Crc32CBitByBit(header));
        Assert.Equal(Source4, ParseAll(header).Source);
        header[20]++;
        Assert.Throws<InvalidDataException>(() => ParseAll(header));
    }

    [Fact]
    public void An_incomplete_header_is_awaited_and_bytes_after_it_remain()
    {
        byte[][] headers =
        [
            Encoding.Latin1.GetBytes("PROXY TCP4 192.0.2.1 198.51.100.1 56324 443\r\n"),
            ProxyHeaders.Version2(ProxyHeaders.Proxy, ProxyHeaders.Tcp4, ProxyHeaders.Addresses(Source4, Destination4)),
        ];
        foreach (byte[] header in headers)
        {
            for (int count = 0; count < header.Length; count++)
            {
                bool isComplete = ProxyHeaderParser.TryParse(Segments(header.AsSpan(0, count), 1), out _, out _);
                Assert.False(isComplete, $"complete after {count} bytes");
            }

            byte[] request = [.. header, .. "GET / HTTP/1.1\r\n"u8];
            Assert.True(ProxyHeaderParser.TryParse(Segments(request, 3), out ProxyHeader? parsed, out int length));
            Assert.Equal((header.Length, Source4), (length, parsed!.Source));
        }
    }

    [Fact]
    public void Random_bytes_and_mutated_headers_are_parsed_or_refused_and_nothing_else()
    {
        Random random = new(Seed.Next(output));
        byte[] valid = ProxyHeaders.Version2(ProxyHeaders.Proxy, ProxyHeaders.Tcp4,
            [.. ProxyHeaders.Addresses(Source4, Destination4), .. ProxyHeaders.Field(2, "example.org"u8)]);
        byte[] text = Encoding.Latin1.GetBytes("PROXY TCP6 2001:db8::1 2001:db8::2 4000 443\r\nGET /");
        for (int i = 0; i < 20_000; i++)
        {
            byte[] bytes = [.. (i % 2 == 0 ? valid : text)];
            for (int mutations = random.Next(1, 4); mutations > 0; mutations--)
            {
                bytes[random.Next(bytes.Length)] = (byte)random.Next(256);
            }

            try
            {
                ReadOnlySequence<byte> part = Segments(bytes.AsSpan(0, random.Next(bytes.Length + 1)), random.Next(1, 8));
                _ = ProxyHeaderParser.TryParse(part, out ProxyHeader? header, out int length);
                Assert.InRange(length, 0, ProxyHeaderParser.MaxLength);
                _ = header is not null && ProxyHeader2.TryGetField(header.Fields, 0xff, out _);
            }
            catch (InvalidDataException)
            {
                // Refused.
            }
        }
    }

    private static ProxyHeader ParseAll(byte[] bytes)
    {
        // A header that is not complete here never will be: an announced length beyond the bytes is waited for.
        bool isComplete = ProxyHeaderParser.TryParse(new ReadOnlySequence<byte>(bytes), out ProxyHeader? header, out int length);
        Assert.True(isComplete, "more bytes are waited for");
        Assert.Equal(bytes.Length, length);
        return header!;
    }

    private static ReadOnlySequence<byte> Segments(ReadOnlySpan<byte> bytes, int size)
    {
        Segment first = new(ReadOnlyMemory<byte>.Empty, 0), last = first;
        for (int i = 0; i < bytes.Length; i += size)
        {
            last = last.Append(bytes.Slice(i, Math.Min(size, bytes.Length - i)).ToArray());
        }

        return new ReadOnlySequence<byte>(first, 0, last, last.Memory.Length);
    }

    /// <summary>The checksum of RFC 3720 from its definition, as an independent reference.</summary>
    private static uint Crc32CBitByBit(ReadOnlySpan<byte> bytes)
    {
        uint crc = uint.MaxValue;
        foreach (byte one in bytes)
        {
            crc ^= one;
            for (int bit = 0; bit < 8; bit++)
            {
                crc = (crc & 1) != 0 ? (crc >> 1) ^ 0x82f63b78 : crc >> 1;
            }
        }

        return ~crc;
    }

    private sealed class Segment : ReadOnlySequenceSegment<byte>
    {
        public Segment(ReadOnlyMemory<byte> memory, long index) => (Memory, RunningIndex) = (memory, index);

        public Segment Append(ReadOnlyMemory<byte> memory)
        {
            Segment next = new(memory, RunningIndex + Memory.Length);
            Next = next;
            return next;
        }
    }
}
