using System.Globalization;
using Microsoft.Net.Http.Headers;

namespace FileAio.Http;

/// <summary>Parses dates in header fields (RFC 9110, 5.6.7): the current format, and the two obsolete ones.</summary>
internal static class HttpDate
{
    private const int YearsAhead = 50;

    /// <summary>Parses a date. Returns false if it is invalid.</summary>
    /// <param name="text">The field's value.</param>
    /// <param name="now">The current time.</param>
    /// <param name="date">The date.</param>
    public static bool TryParse(string? text, DateTimeOffset now, out DateTimeOffset date)
    {
        ReadOnlySpan<char> afterDay = text.AsSpan()[(text.AsSpan().IndexOf(',') + 1)..].Trim(" \t");
        if (!DateTimeOffset.TryParseExact(afterDay, "d-MMM-yy H:m:s 'GMT'", CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal,
            out date))
        {
            return HeaderUtilities.TryParseDate(text, out date);
        }
        // The year of RFC 850 has two digits. Their century depends on the current time, but the framework's parser has a fixed one. A year
        // more than 50 years ahead is the latest such year in the past.
        DateTimeOffset latest = now.AddYears(YearsAhead);
        while (date.AddYears(100) <= latest)
        {
            date = date.AddYears(100);
        }

        while (date > latest)
        {
            date = date.AddYears(-100);
        }

        return true;
    }
}
