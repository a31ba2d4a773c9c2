using Microsoft.Extensions.Primitives;

namespace FileAio.Http;

/// <summary>Lists of entity tags in If-Match and If-None-Match (RFC 9110, 8.8.3, 13.1.1, 13.1.2).</summary>
internal static class EntityTags
{
    /// <summary>True where the list is <c>*</c> or holds a tag that equals <paramref name="tag"/>.</summary>
    /// <param name="list">The field's lines.</param>
    /// <param name="tag">The representation's own tag, <c>W/</c> included; null where it has none, which only <c>*</c> matches.</param>
    /// <param name="strong">Strong comparison: neither may be weak. Else the opaque parts alone are compared.</param>
    public static bool Match(StringValues list, string? tag, bool strong)
    {
        foreach (var line in list)
        {
            var rest = (line ?? "").AsSpan().Trim(" \t,");
            if (rest is "*")
                return true;
            while (tag is not null && TryTake(ref rest, out var candidate))
            {
                if (AreEqual(candidate, tag, strong))
                    return true;
            }
        }
        return false;
    }

    public static bool AreEqual(ReadOnlySpan<char> one, ReadOnlySpan<char> other, bool strong)
    {
        var weak = IsWeak(one) || IsWeak(other);
        return !(strong && weak) && Opaque(one).SequenceEqual(Opaque(other));
    }

    public static bool IsWeak(ReadOnlySpan<char> tag) => tag.StartsWith("W/", StringComparison.Ordinal);

    private static ReadOnlySpan<char> Opaque(ReadOnlySpan<char> tag) => IsWeak(tag) ? tag[2..] : tag;

    /// <summary>Takes the next tag off the list. Commas inside quotes belong to the tag; what is no tag ends the list.</summary>
    private static bool TryTake(ref ReadOnlySpan<char> rest, out ReadOnlySpan<char> tag)
    {
        rest = rest.TrimStart(" \t,");
        var open = IsWeak(rest) ? 2 : 0;
        tag = default;
        if (rest.Length <= open || rest[open] != '"')
            return false;
        var close = rest[(open + 1)..].IndexOf('"');
        if (close < 0)
            return false;
        var length = open + close + 2;
        tag = rest[..length];
        rest = rest[length..];
        return true;
    }
}
