using System.Globalization;
using Microsoft.Extensions.Primitives;

namespace WebApp.Endpoints;

/// <summary>Parses numbers in the query string, and rejects invalid ones.</summary>
internal static class Query
{
    /// <summary>Parses a whole number from 0 to <paramref name="max"/>, which must be given exactly once and in decimal digits.</summary>
    public static bool TryReadCount(HttpContext context, string name, long max, out long value)
    {
        StringValues values = context.Request.Query[name];
        value = 0;
        return values.Count == 1
            && long.TryParse(values[0], NumberStyles.None, CultureInfo.InvariantCulture, out value)
            && value <= max;
    }

    /// <summary>Responds with 400 and the expected value.</summary>
    public static Task RefuseAsync(HttpContext context, string name, long max)
    {
        StringValues given = context.Request.Query[name];
        string what = given.Count switch
        {
            0 => "is missing",
            1 => $"is '{given[0]}'",
            _ => "is given more than once",
        };
        return RefuseAsync(context, $"The query parameter '{name}' {what}; a whole number from 0 to {max} is expected.");
    }

    /// <summary>Responds with 400 and the reason.</summary>
    public static Task RefuseAsync(HttpContext context, string detail) =>
        TypedResults.Problem(detail, statusCode: StatusCodes.Status400BadRequest).ExecuteAsync(context);
}
