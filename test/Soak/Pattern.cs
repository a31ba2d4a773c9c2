namespace Soak;

/// <summary>
/// Bytes whose value tells their offset: a table of prime length, repeated. A block that is out of place by any power of two shows.
/// </summary>
internal static class Pattern
{
    private const int Period = 65521;

    private static readonly byte[] Table = Make();

    /// <summary>Writes the bytes that begin at <paramref name="offset"/>.</summary>
    public static void Fill(Span<byte> destination, long offset)
    {
        while (!destination.IsEmpty)
        {
            ReadOnlySpan<byte> run = Run(offset, destination.Length);
            run.CopyTo(destination);
            destination = destination[run.Length..];
            offset += run.Length;
        }
    }

    public static byte[] Bytes(int count, long offset)
    {
        byte[] bytes = new byte[count];
        Fill(bytes, offset);
        return bytes;
    }

    /// <returns>The index of the first byte that is not as it should be; −1 where all are.</returns>
    public static int FirstDifference(ReadOnlySpan<byte> bytes, long offset)
    {
        for (int at = 0; at < bytes.Length;)
        {
            ReadOnlySpan<byte> run = Run(offset + at, bytes.Length - at);
            int same = bytes.Slice(at, run.Length).CommonPrefixLength(run);
            if (same < run.Length)
            {
                return at + same;
            }

            at += run.Length;
        }

        return -1;
    }

    private static ReadOnlySpan<byte> Run(long offset, int most)
    {
        int start = (int)(offset % Period);
        return Table.AsSpan(start, Math.Min(most, Period - start));
    }

    private static byte[] Make()
    {
        byte[] table = new byte[Period];
        new Random(1).NextBytes(table);
        return table;
    }
}
