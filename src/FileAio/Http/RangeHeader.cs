namespace FileAio.Http;

/// <summary>Parses the Range field (RFC 9110, 14.1.2 and 14.2).</summary>
internal static class RangeHeader
{
    // nginx's allowance for the boundary and fields of a part, and for the excess over the file size.
    private const int PartOverhead = 256, FreeOverhead = 4096;

    // "More than two overlapping ranges" indicate a broken client or an attack (RFC 9110, 14.2).
    private const int MostOverlapping = 2;

    /// <summary>
    /// Parses the field. Returns null to send the whole file: the field is absent, invalid or of another unit, or it asks for too much. Too
    /// much is more ranges than allowed, more than two that overlap, or more bytes than the file has. Returns an empty list for 416.
    /// Otherwise returns the ranges in the order of the request.
    /// </summary>
    /// <param name="value">The value of the field.</param>
    /// <param name="size">The size of the representation in bytes.</param>
    /// <param name="maxRanges">The maximum number of satisfiable ranges.</param>
    public static List<ByteRange>? Parse(ReadOnlySpan<char> value, long size, int maxRanges)
    {
        int equals = value.IndexOf('=');
        if (equals < 0 || maxRanges == 0 || !value[..equals].Equals("bytes", StringComparison.OrdinalIgnoreCase))
        {
            return null;
        }

        ReadOnlySpan<char> set = value[(equals + 1)..];
        List<ByteRange> ranges = new List<ByteRange>();
        int members = 0;
        long sum = 0;
        foreach (Range part in set.Split(','))
        {
            ReadOnlySpan<char> member = set[part].Trim(" \t");
            if (member.IsEmpty)
            {
                continue; // empty list elements are allowed (5.6.1.2)
            }

            members++;
            if (!TryParse(member, size, out ByteRange range))
            {
                return null;
            }

            if (range.Length <= 0)
            {
                continue; // valid, but not satisfiable: ignored if another range is
            }

            if (ranges.Count == maxRanges)
            {
                return null;
            }

            ranges.Add(range);
            sum += range.Length;
            // A request of a hundred bytes must not cost more than the file.
            if (ranges.Count > 1 && (sum > size || sum + ((long)PartOverhead * ranges.Count) > size + FreeOverhead))
            {
                return null;
            }
        }
        return members == 0 || OverlapTooMuch(ranges) ? null : ranges;
    }

    private static bool OverlapTooMuch(List<ByteRange> ranges)
    {
        if (ranges.Count <= MostOverlapping)
        {
            return false;
        }

        ByteRange[] sorted = [.. ranges];
        Array.Sort(sorted, static (left, right) => left.Start.CompareTo(right.Start));
        int overlapping = 0;
        bool counted = false; // whether the previous range is counted
        long reached = sorted[0].End;
        for (int i = 1; i < sorted.Length; i++)
        {
            bool overlaps = sorted[i].Start < reached;
            overlapping += overlaps ? (counted ? 1 : 2) : 0;
            counted = overlaps;
            reached = Math.Max(reached, sorted[i].End);
        }
        return overlapping > MostOverlapping;
    }

    private static bool TryParse(ReadOnlySpan<char> member, long size, out ByteRange range)
    {
        range = default;
        int hyphen = member.IndexOf('-');
        if (hyphen < 0)
        {
            return false;
        }

        ReadOnlySpan<char> first = member[..hyphen].Trim(" \t");
        ReadOnlySpan<char> last = member[(hyphen + 1)..].Trim(" \t");
        if (first.IsEmpty)
        {
            if (!TryNumber(last, out long suffix))
            {
                return false;
            }

            range = new ByteRange(size - Math.Min(suffix, size), size);
            return true;
        }
        long end = long.MaxValue;
        if (!TryNumber(first, out long start) || (!last.IsEmpty && !TryNumber(last, out end)) || end < start)
        {
            return false;
        }

        range = start >= size ? default : new ByteRange(start, Math.Min(end, size - 1) + 1);
        return true;
    }

    /// <summary>Parses digits. A number that does not fit 64 bits becomes the largest that does.</summary>
    private static bool TryNumber(ReadOnlySpan<char> digits, out long number)
    {
        number = 0;
        foreach (char digit in digits)
        {
            if (!char.IsAsciiDigit(digit))
            {
                return false;
            }

            number = number > (long.MaxValue - 9) / 10 ? long.MaxValue : (number * 10) + (digit - '0');
        }
        return digits.Length > 0;
    }
}
