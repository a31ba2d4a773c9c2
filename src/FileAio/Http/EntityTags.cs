using Microsoft.Extensions.Primitives;

namespace FileAio.Http;

/// <summary>Parses lists of entity tags in If-Match and If-None-Match (RFC 9110, 8.8.3, 13.1.1, 13.1.2).</summary>
internal static class EntityTags
{
    /// <summary>Returns whether the list is <c>*</c> or contains a tag equal to <paramref name="tag"/>.</summary>
    /// <param name="list">The field's lines.</param>
    /// <param name="tag">The tag of the representation, including <c>W/</c>; null if it has none, which only <c>*</c> matches.</param>
    /// <param name="strong">
    /// Whether to use the strong comparison, in which neither tag may be weak. Otherwise only the opaque parts are compared.
    /// </param>
    public static bool Match(StringValues list, string? tag, bool strong)
    {
        foreach (string? line in list)
        {
            ReadOnlySpan<char> rest = (line ?? "").AsSpan().Trim(" \t,");
            if (rest is "*")
            {
                return true;
            }

            while (tag is not null && TryTake(ref rest, out ReadOnlySpan<char> member))
            {
                if (AreEqual(member, tag, strong))
                {
                    return true;
                }
            }
        }
        return false;
    }

    public static bool AreEqual(ReadOnlySpan<char> one, ReadOnlySpan<char> other, bool strong)
    {
        bool weak = IsWeak(one) || IsWeak(other);
        return !(strong && weak) && Opaque(one).SequenceEqual(Opaque(other));
    }

    public static bool IsWeak(ReadOnlySpan<char> tag) => tag.StartsWith("W/", StringComparison.Ordinal);

    private static ReadOnlySpan<char> Opaque(ReadOnlySpan<char> tag) => IsWeak(tag) ? tag[2..] : tag;

    /// <summary>
    /// Removes the next member of the list, up to a comma outside quotes. A member that is not a tag matches none, and the following
    /// members are still parsed.
    /// </summary>
    private static bool TryTake(ref ReadOnlySpan<char> rest, out ReadOnlySpan<char> member)
    {
        rest = rest.TrimStart(" \t,");
        int quoted = QuotedLength(rest);
        int comma = rest[quoted..].IndexOf(',');
        int length = comma < 0 ? rest.Length : quoted + comma;
        member = rest[..length].TrimEnd(" \t");
        rest = rest[length..];
        return length > 0;
    }

    /// <summary>Returns the length of the tag at the beginning of the text; 0 if there is none.</summary>
    private static int QuotedLength(ReadOnlySpan<char> text)
    {
        int open = IsWeak(text) ? 2 : 0;
        if (text.Length <= open || text[open] != '"')
        {
            return 0;
        }

        int close = text[(open + 1)..].IndexOf('"');
        return close < 0 ? 0 : open + close + 2;
    }
}
