using System.Globalization;
using FileAio.Http;
using FileAio.Tests.Support;
using Microsoft.Extensions.DependencyInjection;

namespace FileAio.Tests.Http;

/// <summary>Conditional requests (RFC 9110, 13): lists of tags, dates of every form, files without a byte.</summary>
public sealed class ConditionTests(ServedTree served) : IClassFixture<ServedTree>
{
    private const string Letters = "/ranges.txt", Empty = "/empty.txt";

    [Theory]
    [InlineData("{0}", 304)]
    [InlineData(",,\t{0}\t,,", 304)]
    [InlineData("\"a,b\", {0}", 304)] // a comma inside a tag
    [InlineData("\"\", {0}", 304)] // the empty tag
    [InlineData("W/\"a\" , W/{0}", 304)]
    [InlineData("no-tag, {0}", 304)]
    [InlineData("\"open, {0}", 200)] // the quote that is never closed takes the tag's own with it
    [InlineData("*", 304)]
    [InlineData(" * ", 304)]
    [InlineData("", 200)]
    [InlineData("{0}{0}", 200)]
    [InlineData("\"a\" {0}", 200)]
    [InlineData("w/{0}", 200)] // W is case-sensitive (8.8.3)
    [InlineData("\"a\", *", 200)] // * stands alone
    public async Task If_None_Match_is_a_list(string list, int status)
    {
        string tag = (await RawReply.GetAsync(served.Port, Letters)).Header("etag")!;
        RawReply reply = await RawReply.GetAsync(served.Port, Letters, "If-None-Match: "
            + string.Format(CultureInfo.InvariantCulture, list, tag));
        Assert.Equal(status, reply.Status);
    }

    [Theory]
    [InlineData("\"a\",,\t{0}", 200)]
    [InlineData("no-tag, {0}", 200)]
    [InlineData("W/{0}", 412)]
    [InlineData("W/{0}, {0}", 200)]
    [InlineData("", 412)]
    public async Task If_Match_is_a_list_of_strong_tags(string list, int status)
    {
        string tag = (await RawReply.GetAsync(served.Port, Letters)).Header("etag")!;
        Assert.Equal(status,
            (await RawReply.GetAsync(served.Port, Letters, "If-Match: " + string.Format(CultureInfo.InvariantCulture, list, tag))).Status);
    }

    [Fact]
    public async Task A_list_may_be_spread_over_lines()
    {
        string tag = (await RawReply.GetAsync(served.Port, Letters)).Header("etag")!;
        Assert.Equal(304, (await RawReply.GetAsync(served.Port, Letters, "If-None-Match: \"a\"", "If-None-Match: " + tag)).Status);
        Assert.Equal(200, (await RawReply.GetAsync(served.Port, Letters, "If-Match: \"a\"", "If-Match: " + tag)).Status);
    }

    [Theory]
    [InlineData("Tue, 14 Nov 2023 22:13:20 GMT", 304)]
    [InlineData("Tuesday, 14-Nov-23 22:13:20 GMT", 304)]
    [InlineData("Tue Nov 14 22:13:20 2023", 304)]
    [InlineData("Tue, 14 Nov 2023 22:13:19 GMT", 200)]
    [InlineData("Fri, 31 Dec 9999 23:59:59 GMT", 304)]
    [InlineData("Thu, 01 Jan 1970 00:00:00 GMT", 200)]
    [InlineData("Sunday, 06-Nov-94 08:49:37 GMT", 200)]
    [InlineData("2023-11-14T22:13:20Z", 200)]
    [InlineData("1700000000", 200)]
    [InlineData("", 200)]
    public async Task If_Modified_Since_takes_the_three_forms(string date, int status) =>
        Assert.Equal(status, (await RawReply.GetAsync(served.Port, Letters, "If-Modified-Since: " + date)).Status);

    [Theory]
    [InlineData("Tue, 14 Nov 2023 22:13:20 GMT", 206)]
    [InlineData("Tuesday, 14-Nov-23 22:13:20 GMT", 206)]
    [InlineData("Tue Nov 14 22:13:20 2023", 206)]
    [InlineData("Tue, 14 Nov 2023 22:13:19 GMT", 200)]
    [InlineData("", 200)]
    [InlineData("{0}", 206)]
    [InlineData("W/{0}", 200)]
    [InlineData("{0}, \"b\"", 200)] // no list
    [InlineData("*", 200)]
    public async Task If_Range_takes_one_strong_tag_or_the_exact_date(string validator, int status)
    {
        string tag = (await RawReply.GetAsync(served.Port, Letters)).Header("etag")!;
        RawReply reply = await RawReply.GetAsync(served.Port, Letters, "Range: bytes=0-1", "If-Range: "
            + string.Format(CultureInfo.InvariantCulture, validator, tag));
        Assert.Equal(status, reply.Status);
    }

    [Theory]
    [InlineData("Sunday, 06-Nov-94 08:49:37 GMT", 1994)]
    [InlineData("Saturday, 24-Nov-76 12:00:00 GMT", 2076)] // 50 years ahead to the second
    [InlineData("Thursday, 25-Nov-76 00:00:00 GMT", 1976)] // more than that
    [InlineData("Sunday, 14-Nov-60 22:13:20 GMT", 2060)]
    [InlineData("Friday, 31-Dec-99 23:59:59 GMT", 1999)]
    [InlineData("Sun, 06 Nov 1994 08:49:37 GMT", 1994)]
    public void Two_digits_of_a_year_are_read_by_the_clock(string text, int year)
    {
        DateTimeOffset now = new DateTimeOffset(2026, 11, 24, 12, 0, 0, TimeSpan.Zero);
        Assert.True(HttpDate.TryParse(text, now, out DateTimeOffset date));
        Assert.Equal(year, date.Year);
    }

    [Theory]
    [InlineData("GET", "If-None-Match: *", 304)]
    [InlineData("HEAD", "If-None-Match: *", 304)]
    [InlineData("GET", "If-Modified-Since: Tue, 14 Nov 2023 22:13:20 GMT", 304)]
    [InlineData("GET", "If-Match: *", 200)]
    [InlineData("GET", "If-Match: \"a\"", 412)]
    [InlineData("HEAD", "If-Match: \"a\"", 412)]
    [InlineData("GET", "If-Unmodified-Since: Mon, 01 Jan 2001 00:00:00 GMT", 412)]
    [InlineData("GET", "Range: bytes=0-", 416)]
    [InlineData("HEAD", "Range: bytes=0-", 200)]
    public async Task An_empty_file_has_conditions_too(string method, string header, int status)
    {
        RawReply reply = await RawReply.SendAsync(served.Port, $"{method} {Empty} HTTP/1.1", header);
        Assert.Equal(status, reply.Status);
        Assert.Empty(reply.Body);
    }

    [Fact]
    public async Task Last_Modified_is_never_later_than_Date()
    {
        DateTimeOffset now = DateTimeOffset.UtcNow.AddDays(1);
        await using FileServer server = await FileServer.StartAsync(served.Tree.Root,
            before: builder => builder.Services.AddSingleton<TimeProvider>(new StoppedClock(now)));
        served.Tree.Write("future.txt", "future");
        foreach (DateTimeOffset modified in new[] { now.AddYears(1), now })
        {
            File.SetLastWriteTimeUtc(served.Tree.At("future.txt"), modified.UtcDateTime);
            foreach ((int status, string? condition) in new[] { (200, "Accept: */*"), (304, "If-None-Match: *") })
            {
                RawReply reply = await RawReply.GetAsync(server.Port, "/future.txt", condition);
                Assert.Equal((status, now.ToString("r"), now.ToString("r")),
                    (reply.Status, reply.Header("last-modified"), reply.Header("date")));
            }
        }
    }

    [Fact]
    public async Task A_file_older_than_1970_has_its_date()
    {
        served.Tree.Write("old.txt", "old");
        File.SetLastWriteTimeUtc(served.Tree.At("old.txt"), new DateTime(1960, 1, 2, 3, 4, 5, DateTimeKind.Utc));
        RawReply reply = await RawReply.GetAsync(served.Port, "/old.txt");
        Assert.Equal("Sat, 02 Jan 1960 03:04:05 GMT", reply.Header("last-modified"));
        Assert.Equal(304, (await RawReply.GetAsync(served.Port, "/old.txt", "If-None-Match: " + reply.Header("etag"))).Status);
        Assert.Equal(412, (await RawReply.GetAsync(served.Port, "/old.txt", "If-Unmodified-Since: Fri, 01 Jan 1960 00:00:00 GMT")).Status);
    }

    private sealed class StoppedClock(DateTimeOffset now) : TimeProvider
    {
        public override DateTimeOffset GetUtcNow() => now;
    }
}
