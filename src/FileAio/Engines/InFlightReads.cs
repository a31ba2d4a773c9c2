namespace FileAio.Engines;

/// <summary>
/// The reads that an engine has not completed, for the detection of overdue reads. It has no lock: a slot is taken by compare-and-swap, and
/// a read tries its previous slot first.
/// </summary>
internal sealed class InFlightReads
{
    // A guess. If more reads than this wait for a disk, those with a slot are enough to log it.
    private const int Places = 1024;

    // The number of neighbouring slots that are tried before a read is left out. A guess.
    private const int Tries = 8;

    private readonly FileRead?[] _reads = new FileRead?[Places];
    private int _next;

    /// <summary>The number of slots.</summary>
    public static int Count => Places;

    public FileRead? this[int place] => Volatile.Read(ref _reads[place]);

    /// <summary>Adds the read. Returns its slot; −1 if there is none.</summary>
    /// <param name="read">The read.</param>
    /// <param name="last">The previous slot; −1 for none.</param>
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
