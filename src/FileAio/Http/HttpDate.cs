using System.Globalization;
using Microsoft.Net.Http.Headers;

namespace FileAio.Http;

/// <summary>Dates in header fields (RFC 9110, 5.6.7): the form that is sent, and the two obsolete ones.</summary>
internal static class HttpDate
{
    private const int YearsAhead = 50;

    /// <summary>Reads a date; false where it is none.</summary>
    /// <param name="text">The field's value.</param>
    /// <param name="now">When it is read.</param>
    /// <param name="date">The date.</param>
    public static bool TryParse(string? text, DateTimeOffset now, out DateTimeOffset date)
    {
        ReadOnlySpan<char> afterDay = text.AsSpan()[(text.AsSpan().IndexOf(',') + 1)..].Trim(" \t");
        if (!DateTimeOffset.TryParseExact(afterDay, "d-MMM-yy H:m:s 'GMT'", CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out date))
        {
            return HeaderUtilities.TryParseDate(text, out date);
        }
        // RFC 850's year has two digits. Which century they mean depends on when they are read, and the framework's parser has a fixed one:
        // what would be more than 50 years ahead is the latest such year that is past.
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
