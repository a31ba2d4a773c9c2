using System.Globalization;

namespace FileAio.Hosting;

/// <summary>Parses sizes in nginx's notation.</summary>
internal static class Sizes
{
    /// <summary>Parses a number of bytes, or of 1,024-fold powers with the suffix k, m or g.</summary>
    /// <exception cref="FormatException">The text is not a size.</exception>
    /// <exception cref="OverflowException">The size does not fit 64 bits.</exception>
    public static long Parse(string text)
    {
        int shift = text.Length == 0 ? 0 : char.ToLowerInvariant(text[^1]) switch { 'k' => 10, 'm' => 20, 'g' => 30, _ => 0 };
        long number = long.Parse(shift == 0 ? text : text[..^1], NumberStyles.None, CultureInfo.InvariantCulture);
        return checked(number * (1L << shift));
    }

    /// <summary>Parses a count and a size, separated by a space or a comma: <c>2 256k</c>.</summary>
    /// <exception cref="FormatException">The text is not a count and a size.</exception>
    public static OutputBuffers ParseBuffers(string text)
    {
        string[] parts = text.Split([' ', ','], StringSplitOptions.RemoveEmptyEntries);
        if (parts.Length != 2)
        {
            throw new FormatException();
        }

        return new OutputBuffers(int.Parse(parts[0], NumberStyles.None, CultureInfo.InvariantCulture), checked((int)Parse(parts[1])));
    }
}
