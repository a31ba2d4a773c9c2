using System.Globalization;

namespace FileAio.Hosting;

/// <summary>Sizes as nginx writes them.</summary>
internal static class Sizes
{
    /// <summary>Bytes, or with k, m or g the 1,024-fold powers.</summary>
    /// <exception cref="FormatException">It is no such number.</exception>
    /// <exception cref="OverflowException">It does not fit.</exception>
    public static long Parse(string text)
    {
        int shift = text.Length == 0 ? 0 : char.ToLowerInvariant(text[^1]) switch { 'k' => 10, 'm' => 20, 'g' => 30, _ => 0 };
        long number = long.Parse(shift == 0 ? text : text[..^1], NumberStyles.None, CultureInfo.InvariantCulture);
        return checked(number * (1L << shift));
    }

    /// <summary>A count and a size, with a blank or a comma between: <c>2 256k</c>.</summary>
    /// <exception cref="FormatException">There are not two, or one of them is no number.</exception>
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
