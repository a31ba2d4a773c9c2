using System.Text;
using Soak.Measuring;

namespace Soak.Clients.Protocol;

/// <summary>multipart/byteranges (RFC 9110, 14.6).</summary>
internal static class MultipartBody
{
    /// <summary>
    /// Two to five ranges in ascending order that do not touch each other. Fewer where the file is too small: several that
    /// add up to more than the file, part headers included, are answered with the whole file.
    /// </summary>
    public static (long First, long Last)[] RandomRanges(Random random, long length)
    {
        const int MostOfRange = 100_000;
        int count = random.Next(2, 6);
        long slot = length / count;
        if (slot < 1000)
        {
            return [];
        }

        return [.. Enumerable.Range(0, count).Select(i =>
        {
            long first = (i * slot) + random.NextInt64(slot / 4);
            return (first, first + random.NextInt64(Math.Min(MostOfRange, slot / 4)));
        })];
    }

    /// <exception cref="WrongAnswerException">A part is missing, misplaced or has a wrong byte.</exception>
    public static void Check(string contentType, byte[] body, SoakFile file, (long First, long Last)[] ranges)
    {
        const string Start = "multipart/byteranges; boundary=";
        if (!contentType.StartsWith(Start, StringComparison.Ordinal))
        {
            throw new WrongAnswerException("wrong type", $"Content-Type {contentType}.");
        }

        byte[] boundary = Encoding.Latin1.GetBytes("\r\n--" + contentType[Start.Length..].Trim('"'));
        // The first boundary may stand without the line end before it.
        ReadOnlySpan<byte> left = body.AsSpan().StartsWith(boundary) ? body : [.. "\r\n"u8, .. body];
        foreach ((long first, long last) in ranges)
        {
            int headEnd = left.StartsWith(boundary) ? left.IndexOf("\r\n\r\n"u8) : -1;
            string head = headEnd > 0 ? Encoding.Latin1.GetString(left[..headEnd]) : "";
            if (!head.Contains($"Content-Range: bytes {first}-{last}/{file.Length}", StringComparison.OrdinalIgnoreCase))
            {
                throw new WrongAnswerException("wrong part", $"No part {first}-{last} where it was expected: {head}");
            }

            left = left[(headEnd + 4)..];
            int count = (int)(last - first + 1);
            int wrong = left.Length < count ? left.Length : Pattern.FirstDifference(left[..count], file.Key + first);
            if (wrong >= 0)
            {
                throw new WrongAnswerException("wrong byte", $"byte {wrong} of part {first}-{last} is wrong.");
            }

            left = left[count..];
        }

        if (!left.StartsWith(boundary) || !left[boundary.Length..].StartsWith("--"u8))
        {
            throw new WrongAnswerException("wrong part", "The closing boundary is missing.");
        }
    }
}
