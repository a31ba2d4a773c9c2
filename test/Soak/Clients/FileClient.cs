using System.Globalization;
using Soak.Clients.Protocol;
using Soak.Measuring;

namespace Soak.Clients;

/// <summary>Files whole and in ranges, with conditions; each byte is compared.</summary>
internal sealed class FileClient(ClientContext context, bool tls) : ConnectedClient(context, tls)
{
    protected override async Task StepAsync(CancellationToken cancellation)
    {
        HttpConnection connection = await ConnectionAsync(cancellation);
        SoakFile file = Context.Files.Files[Random.Next(Context.Files.Files.Count)];
        switch (file.Length == 0 ? 0 : Random.Next(8))
        {
            case 0:
                await WholeAsync(connection, file, cancellation);
                break;
            case 1:
                await ConditionAsync(connection, file, cancellation);
                break;
            case 2:
                await UnsatisfiableAsync(connection, file, cancellation);
                break;
            case 3:
                await MultipartAsync(connection, file, cancellation);
                break;
            default:
                await RangeAsync(connection, file, "", cancellation);
                break;
        }
    }

    private async Task<ResponseHead> WholeAsync(HttpConnection connection, SoakFile file, CancellationToken cancellation, string more = "")
    {
        ResponseHead head = await AskAsync(connection, "GET", file, more, 200, cancellation);
        await connection.ReadBodyAsync(head, new PatternCheck(file.Key, file.Length), cancellation);
        Tally.Add(file.Length);
        return head;
    }

    private async Task RangeAsync(HttpConnection connection, SoakFile file, string more, CancellationToken cancellation)
    {
        long first = Random.NextInt64(file.Length);
        long last = Math.Min(file.Length - 1, first + Random.NextInt64(2_000_000));
        (string range, last) = Random.Next(4) switch
        {
            0 => ($"-{file.Length - first}", file.Length - 1),
            1 => ($"{first}-", file.Length - 1),
            _ => ($"{first}-{last}", last),
        };
        ResponseHead head = await AskAsync(connection, "GET", file, $"Range: bytes={range}\r\n{more}", 206, cancellation);
        string expected = $"bytes {first}-{last}/{file.Length}";
        if (head.Headers.GetValueOrDefault("Content-Range") != expected)
        {
            throw new WrongAnswerException("wrong range",
                $"{head.Headers.GetValueOrDefault("Content-Range")} where {expected} was expected.");
        }

        await connection.ReadBodyAsync(head, new PatternCheck(file.Key + first, last - first + 1), cancellation);
        Tally.Add(last - first + 1);
    }

    /// <summary>304 and 206 for the current ETag, 200 for another one.</summary>
    private async Task ConditionAsync(HttpConnection connection, SoakFile file, CancellationToken cancellation)
    {
        // Neither its head nor a 304 has a body, whatever Content-Length says.
        ResponseHead head = await AskAsync(connection, "HEAD", file, "", 200, cancellation);
        string tag = head.Headers["ETag"];
        Tally.Add(0);
        await AskAsync(connection, "GET", file, $"If-None-Match: {tag}\r\n", 304, cancellation);
        Tally.Add(0);
        if (tag.StartsWith('"'))
        {
            await RangeAsync(connection, file, $"If-Range: {tag}\r\n", cancellation);
        }

        await WholeAsync(connection, file, cancellation, "Range: bytes=0-0\r\nIf-Range: \"another\"\r\n");
    }

    private async Task UnsatisfiableAsync(HttpConnection connection, SoakFile file, CancellationToken cancellation)
    {
        ResponseHead head = await AskAsync(connection, "GET", file, $"Range: bytes={file.Length}-\r\n", 416, cancellation);
        await connection.ReadBodyAsync(head, new CollectedBody(), cancellation);
        Tally.Add(0);
    }

    private async Task MultipartAsync(HttpConnection connection, SoakFile file, CancellationToken cancellation)
    {
        (long First, long Last)[] ranges = MultipartBody.RandomRanges(Random, file.Length);
        if (ranges.Length < 2)
        {
            return;
        }

        string list = string.Join(',', ranges.Select(range => string.Create(CultureInfo.InvariantCulture, $"{range.First}-{range.Last}")));
        ResponseHead head = await AskAsync(connection, "GET", file, $"Range: bytes={list}\r\n", 206, cancellation);
        CollectedBody body = new CollectedBody();
        await connection.ReadBodyAsync(head, body, cancellation);
        MultipartBody.Check(head.Headers["Content-Type"], body.ToArray(), file, ranges);
        Tally.Add(body.Length);
    }

    private static async Task<ResponseHead> AskAsync(HttpConnection connection, string method, SoakFile file, string more, int status,
        CancellationToken cancellation)
    {
        await connection.SendAsync($"{method} {file.Path} HTTP/1.1\r\nHost: soak\r\n{more}\r\n", cancellation);
        return await connection.ReadHeadAsync(status, cancellation);
    }
}
