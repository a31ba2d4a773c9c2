using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using FileAio.Tests.Support;

namespace FileAio.Tests.Http;

/// <summary>One row of Cases/file-cases.json: a request, and what RFC 9110 asks of the reply.</summary>
internal sealed partial class HttpCase(JsonElement json)
{
    private static readonly Lazy<JsonElement> Document = new(() =>
    {
        using Stream stream = typeof(HttpCase).Assembly.GetManifestResourceStream("file-cases.json")!;
        return JsonDocument.Parse(stream).RootElement.Clone();
    });

    public static IEnumerable<string> Ids
        => Document.Value.GetProperty("cases").EnumerateArray().Select(item => item.GetProperty("id").GetString()!);

    /// <summary>The row's own options, as the document writes them.</summary>
    public string Options => json.TryGetProperty("options", out JsonElement own) ? own.GetRawText() : "";

    private JsonElement Expect => json.GetProperty("expect");

    private string Line => json.GetProperty("request").GetProperty("line").GetString()!;

    public static HttpCase Find(string id) =>
        new(Document.Value.GetProperty("cases").EnumerateArray().Single(item => item.GetProperty("id").GetString() == id));

    /// <summary>The defaults that the rows assume, and the row's own options over them.</summary>
    public void Configure(DirectIoFileOptions options)
    {
        options.DefaultFiles = ["index.html"];
        if (!json.TryGetProperty("options", out JsonElement own))
        {
            return;
        }

        foreach (JsonProperty option in own.EnumerateObject())
        {
            switch (option.Name)
            {
                case "MaxRanges":
                    options.MaxRanges = option.Value.GetInt32();
                    break;
                case "IfModifiedSince":
                    options.IfModifiedSince = Enum.Parse<IfModifiedSinceMode>(option.Value.GetString()!);
                    break;
                case "DisableSymlinks":
                    options.DisableSymlinks = Enum.Parse<SymlinkPolicy>(option.Value.GetString()!);
                    break;
                case "Precompressed":
                    options.Precompressed = [.. option.Value.EnumerateArray().Select(item => item.GetString()!)];
                    break;
                case "ServeUnknownFileTypes":
                    options.ServeUnknownFileTypes = option.Value.GetBoolean();
                    break;
                default:
                    throw new NotSupportedException(option.Name);
            }
        }
    }

    public async Task CheckAsync(int port, FileTree tree)
    {
        string? tag = null, modified = null;
        if (Expect.GetRawText().Contains("{ETAG}") || json.GetProperty("request").GetRawText().Contains("{ETAG}")
            || Placeholder().IsMatch(json.GetProperty("request").GetRawText()))
        {
            RawReply plain = await RawReply.GetAsync(port, Line.Split(' ')[1]);
            (tag, modified) = (plain.Header("etag"), plain.Header("last-modified"));
        }
        IEnumerable<string> headers = json.GetProperty("request").GetProperty("headers").EnumerateArray()
            .Select(header => Expand(header.GetString()!, tag, modified));
        RawReply reply = await RawReply.SendAsync(port, Line, headers);

        int status = Expect.GetProperty("status").GetInt32();
        if (Expect.TryGetProperty("status_also_ok", out JsonElement others)
            && others.EnumerateArray().Any(other => other.GetInt32() == reply.Status) && reply.Status != status)
        {
            return;
        }

        Assert.Equal(status, reply.Status);
        if (Expect.TryGetProperty("headers", out JsonElement expected))
        {
            foreach (JsonProperty header in expected.EnumerateObject())
            {
                CheckHeader(header, reply, tag);
            }
        }
        if (Expect.TryGetProperty("absent_headers", out JsonElement absent))
        {
            foreach (JsonElement name in absent.EnumerateArray())
            {
                Assert.Null(reply.Header(name.GetString()!));
            }
        }
        CheckBody(Expect.GetProperty("body"), reply, tree);
    }

    private static void CheckHeader(JsonProperty header, RawReply reply, string? tag)
    {
        string? actual = reply.Header(header.Name);
        if (header.Value.ValueKind == JsonValueKind.Object)
        {
            Assert.Matches(header.Value.GetProperty("re").GetString()!, actual ?? "");
        }
        else
        {
            Assert.Equal(header.Value.GetString()!.Replace("{ETAG}", tag), actual);
        }
    }

    private static void CheckBody(JsonElement body, RawReply reply, FileTree tree)
    {
        switch (body.GetProperty("type").GetString())
        {
            case "empty":
                Assert.Empty(reply.Body);
                break;
            case "file":
                Assert.True(tree.Bytes(body.GetProperty("file").GetString()!).AsSpan().SequenceEqual(reply.Body),
                    "the body is not the file");
                break;
            case "slice":
                (long start, long end) = (body.GetProperty("start").GetInt64(), body.GetProperty("end").GetInt64());
                Assert.True(tree.Slice(body.GetProperty("file").GetString()!, start, end - start + 1).AsSpan().SequenceEqual(reply.Body),
                    "the body is not that part of the file");
                break;
            case "not_contains":
                Assert.DoesNotContain(body.GetProperty("text").GetString()!, Encoding.Latin1.GetString(reply.Body));
                break;
            case "multipart":
                CheckParts(body, reply, tree);
                break;
        }
    }

    private static void CheckParts(JsonElement body, RawReply reply, FileTree tree)
    {
        Assert.Equal(reply.Body.Length.ToString(CultureInfo.InvariantCulture), reply.Header("content-length"));
        string boundary = Regex.Match(reply.Header("content-type")!, "boundary=\"?([^\";]+)").Groups[1].Value;
        string[] segments = ("\r\n" + Encoding.Latin1.GetString(reply.Body)).Split($"\r\n--{boundary}");
        Assert.StartsWith("--", segments[^1]);
        string[][] parts = segments[1..^1].Select(segment => segment.Split("\r\n\r\n", 2)).ToArray();
        (long Start, long End)[] expected = body.GetProperty("parts").EnumerateArray()
            .Select(part => (Start: part[0].GetInt64(), End: part[1].GetInt64())).ToArray();
        Assert.Equal(expected.Length, parts.Length);
        foreach ((string[]? part, (long Start, long End) range) in parts.Zip(expected))
        {
            Assert.Contains($"Content-Range: bytes {range.Start}-{range.End}/{body.GetProperty("total").GetInt64()}", part[0]);
            Assert.Contains("Content-Type: ", part[0]);
            Assert.Equal(Encoding.Latin1.GetString(
                tree.Slice(body.GetProperty("file").GetString()!, range.Start, range.End - range.Start + 1)), part[1]);
        }
    }

    /// <summary>{ETAG}, {LM}, {LM-1h}, {NOW+1y}, {NOW-1m:850}, {NOW-1m:asctime}.</summary>
    private static string Expand(string text, string? tag, string? modified)
        => Placeholder().Replace(text.Replace("{ETAG}", tag ?? "\"none\""), match =>
    {
        DateTimeOffset time = match.Groups[1].Value == "LM" ? DateTimeOffset.Parse(modified!, CultureInfo.InvariantCulture)
            : DateTimeOffset.UtcNow;
        if (match.Groups[2].Success)
        {
            int unit = match.Groups[4].Value switch { "s" => 1, "m" => 60, "h" => 3600, "d" => 86400, _ => 31536000 };
            time = time.AddSeconds(
                (match.Groups[2].Value == "+" ? 1 : -1) * int.Parse(match.Groups[3].Value, CultureInfo.InvariantCulture) * unit);
        }
        return time.UtcDateTime.ToString(match.Groups[5].Value switch
        {
            "850" => "dddd, dd-MMM-yy HH:mm:ss 'GMT'",
            "asctime" => "ddd MMM d HH:mm:ss yyyy",
            _ => "r",
        }, CultureInfo.InvariantCulture);
    });

    [GeneratedRegex(@"\{(LM|NOW)(?:([+-])(\d+)([smhdy]))?(?::(\w+))?\}")]
    private static partial Regex Placeholder();
}
