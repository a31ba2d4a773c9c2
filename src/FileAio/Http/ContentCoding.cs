using System.Globalization;
using Microsoft.Extensions.Primitives;

namespace FileAio.Http;

/// <summary>A content coding that a file may lie beside its plain form in (RFC 9110, 8.4.1 and 12.5.3).</summary>
internal sealed record ContentCoding(string Name, string Extension)
{
    private static readonly ContentCoding[] Known = [new("br", ".br"), new("zstd", ".zst"), new("gzip", ".gz")];

    public static ContentCoding? Find(string name) => Known.FirstOrDefault(coding => coding.Name == name);

    /// <summary>
    /// How much the client wants the coding: its q-value in thousandths, 0 for not at all. A coding not named has the q of "*", else 0:
    /// without Accept-Encoding any coding would do, but nobody who sends none expects one.
    /// </summary>
    public int Quality(StringValues acceptEncoding)
    {
        (int? named, int? any) = Weights(acceptEncoding, Name, Name == "gzip" ? "x-gzip" : Name);
        return named ?? any ?? 0;
    }

    /// <summary>How much the client wants the plain file, where it says so by name: a coding that it wants less is not sent.</summary>
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
            // A weight that cannot be read is no wish for the coding.
            return pair.Length == 2 && double.TryParse(pair[1], NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out double q) ? (int)(Math.Min(q, 1) * 1000) : 0;
        }
        return 1000;
    }
}
