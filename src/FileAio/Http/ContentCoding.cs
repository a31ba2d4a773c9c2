using System.Globalization;
using Microsoft.Extensions.Primitives;

namespace FileAio.Http;

/// <summary>Represents a content coding of precompressed files (RFC 9110, 8.4.1 and 12.5.3).</summary>
internal sealed record ContentCoding(string Name, string Extension)
{
    private static readonly ContentCoding[] Known = [new("br", ".br"), new("zstd", ".zst"), new("gzip", ".gz")];

    public static ContentCoding? Find(string name) => Known.FirstOrDefault(coding => coding.Name == name);

    /// <summary>
    /// Returns the q-value of the coding in thousandths; 0 if it is not acceptable. A coding that is not listed has the q-value of "*", or
    /// else 0. RFC 9110 allows any coding without Accept-Encoding, but no client expects one.
    /// </summary>
    public int Quality(StringValues acceptEncoding)
    {
        (int? named, int? any) = Weights(acceptEncoding, Name, Name == "gzip" ? "x-gzip" : Name);
        return named ?? any ?? 0;
    }

    /// <summary>Returns the q-value of "identity" if it is listed, or else 0. A coding with a lower q-value is not sent.</summary>
    public static int IdentityQuality(StringValues acceptEncoding) => Weights(acceptEncoding, "identity", "identity").Named ?? 0;

    private static (int? Named, int? Any) Weights(StringValues acceptEncoding, string coding, string alias)
    {
        int? named = null, any = null;
        foreach (string? line in acceptEncoding)
        {
            foreach (string item in (line ?? "").Split(','))
            {
                string[] parts = item.Split(';');
                string name = parts[0].Trim();
                if (name.Equals(coding, StringComparison.OrdinalIgnoreCase) || name.Equals(alias, StringComparison.OrdinalIgnoreCase))
                {
                    named = Weight(parts);
                }
                else if (name == "*")
                {
                    any = Weight(parts);
                }
            }
        }
        return (named, any);
    }

    private static int Weight(string[] parts)
    {
        foreach (string? parameter in parts.AsSpan(1))
        {
            string[] pair = parameter.Split('=', 2, StringSplitOptions.TrimEntries);
            if (!pair[0].Equals("q", StringComparison.OrdinalIgnoreCase))
            {
                continue;
            }
            // An invalid weight counts as 0.
            return pair.Length == 2 && double.TryParse(pair[1], NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out double q)
                ? (int)(Math.Min(q, 1) * 1000) : 0;
        }
        return 1000;
    }
}
