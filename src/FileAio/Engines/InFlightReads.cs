namespace FileAio.Engines;

/// <summary>
/// The reads that an engine has not completed, for those who look for reads that take too long. No lock: a place is taken by
/// compare-and-swap, and a read tries its last one first.
/// </summary>
internal sealed class InFlightReads
{
    // A guess. Where more than these wait for a disk, those that have a place tell of it.
    private const int Places = 1024;

    // Neighbours tried before a read goes without. A guess.
    private const int Tries = 8;

    private readonly FileRead?[] _reads = new FileRead?[Places];
    private int _next;

    /// <summary>Places there are, taken or not.</summary>
    public static int Count => Places;

    public FileRead? this[int place] => Volatile.Read(ref _reads[place]);

    /// <summary>Gives the read a place; −1 where there is none for it.</summary>
    /// <param name="read">The read.</param>
    /// <param name="last">The place it had before; −1 for none.</param>
    public int Add(FileRead read, int last)
    {
        int first = last >= 0 ? last : Interlocked.Increment(ref _next);
        for (int i = 0; i < Tries; i++)
        {
            int place = (first + i) & (Places - 1);
            if (Interlocked.CompareExchange(ref _reads[place], read, null) is null)
            {
                return place;
            }
        }
        return -1;
    }

    public void Remove(int place) => Volatile.Write(ref _reads[place], null);
}
