using System.Text;
using System.Text.RegularExpressions;
using FileAio.Http;
using FileAio.Tests.Support;

namespace FileAio.Tests.Http;

/// <summary>Range (RFC 9110, 14): what each value comes to, and a multipart body byte for byte.</summary>
public sealed class RangeTests(ServedTree served) : IClassFixture<ServedTree>
{
    private const string Letters = "/ranges.txt";

    [Theory]
    [InlineData("bytes=0-0", "0-1")]
    [InlineData("BYTES=0-0", "0-1")]
    [InlineData("bytes= 0-1", "0-2")]
    [InlineData("bytes=61-", "61-62")]
    [InlineData("bytes=-1", "61-62")]
    [InlineData("bytes=-99999999999999999999", "0-62")]
    [InlineData("bytes=5-9223372036854775808", "5-62")]
    [InlineData("bytes=0-0,-1", "0-1 61-62")]
    [InlineData("bytes=5-6,0-1", "5-7 0-2")] // in the order asked for
    [InlineData("bytes=0-1,2-3", "0-2 2-4")] // adjacent, and left so
    [InlineData("bytes=0-5,3-9", "0-6 3-10")] // overlapping, and less than the file
    [InlineData("bytes=0-1 ,\t3-4", "0-2 3-5")]
    [InlineData("bytes=,0-1,,3-4,", "0-2 3-5")]
    [InlineData("bytes=99-,0-1", "0-2")]
    [InlineData("bytes=0-1,-0", "0-2")]
    [InlineData("bytes=62-", "")]
    [InlineData("bytes=-0", "")]
    [InlineData("bytes=9223372036854775807-", "")]
    [InlineData("bytes=9223372036854775808-9223372036854775809", "")]
    [InlineData("bytes=99-,100-200,-0", "")]
    [InlineData("bytes=", null)]
    [InlineData("bytes=,", null)]
    [InlineData("bytes=-", null)]
    [InlineData("bytes=--1", null)]
    [InlineData("bytes=0--1", null)]
    [InlineData("bytes=1-2-3", null)]
    [InlineData("bytes=5-2", null)]
    [InlineData("bytes=0-1,5-2", null)] // one member that is invalid makes the field so
    [InlineData("bytes=0-1;3-4", null)]
    [InlineData("bytes=0-1 3-4", null)]
    [InlineData("bytes=0x1-2", null)]
    [InlineData("bytes=\u0661-\u0662", null)] // digits, but not ASCII's
    [InlineData("bytes", null)]
    [InlineData("bytes:0-1", null)]
    [InlineData("bytes =0-1", null)]
    [InlineData("byte=0-1", null)]
    [InlineData("bytes=0-40,0-40", null)] // more than the file
    [InlineData("bytes=0-5,3-9,20-21", "0-6 3-10 20-22")] // two overlap
    [InlineData("bytes=0-5,3-9,8-12", null)] // three do
    [InlineData("bytes=20-30,0-2,21-22,24-25", null)] // two within one
    [InlineData("bytes=0-5,3-9,20-25,23-29", null)] // two pairs
    [InlineData("bytes=-3,-3,-3", null)]
    [InlineData("bytes=0-1,2-3,4-5,6-7", "0-2 2-4 4-6 6-8")] // adjacent ranges do not overlap
    public void A_value_comes_to(string value, string? expected)
    {
        List<ByteRange>? ranges = RangeHeader.Parse(value, 62, int.MaxValue);
        Assert.Equal(expected, ranges is null ? null : string.Join(' ', ranges.Select(range => $"{range.Start}-{range.End}")));
    }

    [Theory]
    [InlineData(0, "bytes=0-1", null)]
    [InlineData(1, "bytes=0-1", 1)]
    [InlineData(1, "bytes=0-1,3-4", null)]
    [InlineData(1, "bytes=0-1,99-", 1)] // the unsatisfiable do not count
    [InlineData(2, "bytes=0-1,3-4", 2)]
    [InlineData(2, "bytes=0-1,3-4,6-7", null)]
    public void The_field_is_ignored_beyond_MaxRanges(int maxRanges, string value, int? count) =>
        Assert.Equal(count, RangeHeader.Parse(value, 62, maxRanges)?.Count);

    [Theory]
    [InlineData(50, 206)]
    [InlineData(51, 200)]
    public async Task By_default_fifty_ranges_are_served_and_the_whole_file_for_more(int ranges, int status)
    {
        string value = string.Join(',', Enumerable.Range(0, ranges).Select(i => $"{i * 1000}-{i * 1000}"));
        Assert.Equal(status, (await RawReply.GetAsync(served.Port, "/b1048579.bin", "Range: bytes=" + value)).Status);
    }

    [Fact]
    public async Task A_multipart_body_has_the_expected_bytes()
    {
        RawReply reply = await RawReply.GetAsync(served.Port, Letters, "Range: bytes=2-4,-3,10-10");
        Assert.Equal(206, reply.Status);
        Assert.Null(reply.Header("content-range")); // only in the parts (15.3.7.2)
        Assert.Equal("bytes", reply.Header("accept-ranges"));
        string boundary = Regex.Match(reply.Header("content-type")!, "^multipart/byteranges; boundary=([0-9a-f]{32})$").Groups[1].Value;
        string expected =
            $"--{boundary}\r\nContent-Type: text/plain\r\nContent-Range: bytes 2-4/62\r\n\r\n234\r\n" +
            $"--{boundary}\r\nContent-Type: text/plain\r\nContent-Range: bytes 59-61/62\r\n\r\nXYZ\r\n" +
            $"--{boundary}\r\nContent-Type: text/plain\r\nContent-Range: bytes 10-10/62\r\n\r\na\r\n--{boundary}--\r\n";
        Assert.Equal(expected, Encoding.ASCII.GetString(reply.Body));
        Assert.Equal(expected.Length.ToString(), reply.Header("content-length"));
        Assert.NotEqual(reply.Header("content-type"), (await RawReply.GetAsync(served.Port, Letters, "Range: bytes=2-4,-3,10-10"))
            .Header("content-type"));
    }

    [Fact]
    public async Task An_unsatisfiable_range_states_the_length_and_no_other_metadata()
    {
        RawReply reply = await RawReply.GetAsync(served.Port, Letters, "Range: bytes=99-");
        Assert.Equal(416, reply.Status);
        Assert.Equal("bytes */62", reply.Header("content-range"));
        Assert.Equal("0", reply.Header("content-length"));
        Assert.All(new[] { "content-type", "etag", "last-modified", "accept-ranges" }, name => Assert.Null(reply.Header(name)));
    }

    [Fact]
    public async Task HTTP_1_0_has_ranges_and_several_of_them()
    {
        Assert.Equal("01", Encoding.ASCII.GetString((await RawReply.SendAsync(served.Port, $"GET {Letters} HTTP/1.0", "Range: bytes=0-1"))
            .Body));
        RawReply several = await RawReply.SendAsync(served.Port, $"GET {Letters} HTTP/1.0", "Range: bytes=0-1,3-4");
        Assert.Equal(several.Body.Length.ToString(), several.Header("content-length"));
        Assert.Null(several.Header("transfer-encoding"));
    }
}
