using Microsoft.Extensions.Primitives;

namespace FileAio.Http;

/// <summary>A content coding that a file may lie beside its plain form in (RFC 9110, 8.4.1 and 12.5.3).</summary>
internal sealed record ContentCoding(string Name, string Extension)
{
    private static readonly ContentCoding[] Known = [new("br", ".br"), new("zstd", ".zst"), new("gzip", ".gz")];

    public static ContentCoding? Find(string name) => Known.FirstOrDefault(coding => coding.Name == name);

    /// <summary>
    /// How much the client wants the coding: its q-value in thousandths, 0 for not at all. A coding not named has the q of "*", else 0: without
    /// Accept-Encoding any coding would do, but nobody who sends none expects one.
    /// </summary>
    public int Quality(StringValues acceptEncoding)
    {
        int? named = null, any = null;
        foreach (var line in acceptEncoding)
        {
            foreach (var item in (line ?? "").Split(','))
            {
                var parts = item.Split(';');
                var name = parts[0].Trim();
                if (name.Equals(Name, StringComparison.OrdinalIgnoreCase) || (Name == "gzip" && name.Equals("x-gzip", StringComparison.OrdinalIgnoreCase)))
                    named = Weight(parts);
                else if (name == "*")
                    any = Weight(parts);
            }
        }
        return named ?? any ?? 0;
    }

    private static int Weight(string[] parts)
    {
        foreach (var parameter in parts.AsSpan(1))
        {
            var text = parameter.Trim();
            if (text.StartsWith("q=", StringComparison.OrdinalIgnoreCase))
                return double.TryParse(text.AsSpan(2), System.Globalization.CultureInfo.InvariantCulture, out var q) ? (int)(Math.Clamp(q, 0, 1) * 1000) : 0;
        }
        return 1000;
    }
}
