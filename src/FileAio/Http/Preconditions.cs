using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Primitives;

namespace FileAio.Http;

/// <summary>Evaluates conditional requests, in the order of RFC 9110, 13.2.2. A field with an invalid date is ignored.</summary>
internal static class Preconditions
{
    /// <summary>Returns the status of the conditions: 412, 304, or 200 if the request continues.</summary>
    public static int Evaluate(IHeaderDictionary request, in Representation file, IfModifiedSinceMode ifModifiedSince)
    {
        // 1 and 2: If-Unmodified-Since applies only without If-Match.
        if (request.IfMatch.Count > 0)
        {
            if (!EntityTags.Match(request.IfMatch, file.EntityTag, strong: true))
            {
                return StatusCodes.Status412PreconditionFailed;
            }
        }
        else if (TryDate(request.IfUnmodifiedSince, file.Now, out DateTimeOffset unmodifiedSince) && file.LastModified > unmodifiedSince)
        {
            return StatusCodes.Status412PreconditionFailed;
        }

        // 3 and 4: If-Modified-Since applies only without If-None-Match.
        if (request.IfNoneMatch.Count > 0)
        {
            if (EntityTags.Match(request.IfNoneMatch, file.EntityTag, strong: false))
            {
                return StatusCodes.Status304NotModified;
            }
        }
        else if (ifModifiedSince != IfModifiedSinceMode.Off && TryDate(request.IfModifiedSince, file.Now, out DateTimeOffset modifiedSince))
        {
            if (ifModifiedSince == IfModifiedSinceMode.Before ? file.LastModified <= modifiedSince : file.LastModified == modifiedSince)
            {
                return StatusCodes.Status304NotModified;
            }
        }
        return StatusCodes.Status200OK;
    }

    /// <summary>
    /// Step 5: returns the ranges to send, as <see cref="RangeHeader.Parse"/> does. Range applies only to GET (14.2), and must be on one
    /// line.
    /// </summary>
    public static List<ByteRange>? Ranges(HttpRequest request, in Representation file, int maxRanges)
    {
        if (request.Headers.Range.Count != 1 || !HttpMethods.IsGet(request.Method) || !IfRangeHolds(request.Headers.IfRange, file))
        {
            return null;
        }

        return RangeHeader.Parse(request.Headers.Range[0], file.Size, maxRanges);
    }

    /// <summary>Compares a tag with the strong comparison, or a date exactly. Any other value does not match (13.1.5).</summary>
    private static bool IfRangeHolds(StringValues ifRange, in Representation file)
    {
        if (ifRange.Count == 0)
        {
            return true;
        }

        ReadOnlySpan<char> value = ifRange.Count == 1 ? ifRange[0].AsSpan().Trim(" \t") : default;
        if (value.StartsWith("\"", StringComparison.Ordinal) || EntityTags.IsWeak(value))
        {
            return file.EntityTag is not null && EntityTags.AreEqual(value, file.EntityTag, strong: true);
        }

        return file.IsStrong && TryDate(ifRange, file.Now, out DateTimeOffset date) && date == file.LastModified;
    }

    private static bool TryDate(StringValues field, DateTimeOffset now, out DateTimeOffset date)
    {
        date = default;
        return field.Count == 1 && HttpDate.TryParse(field[0], now, out date);
    }
}
