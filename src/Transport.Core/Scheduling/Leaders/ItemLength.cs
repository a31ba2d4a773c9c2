using System.Diagnostics;

namespace Transport.Core.Scheduling.Leaders;

/// <summary>How long a loop's items of the application take: a running mean.</summary>
internal struct ItemLength
{
    /// <summary>
    /// From here on items are long: a wake-up of another thread, some 5 µs with its context switch, pays. A guess.
    /// </summary>
    private static readonly long s_long = Stopwatch.Frequency / 10_000;

    /// <summary>
    /// The run phase of an iteration takes about this long at most (500 µs), so that what its items have written is sent, and what has
    /// arrived is received. A guess.
    /// </summary>
    private static readonly long s_turn = Stopwatch.Frequency / 2_000;

    /// <summary>The detection time: about how long an item has taken, at least, when the loop is taken.</summary>
    private static readonly long s_taken = Stopwatch.Frequency / 500;

    private const int Weight = 8;

    private long _mean;

    /// <summary>Items take so long that other threads are to help with a batch.</summary>
    public readonly bool IsLong => _mean > s_long;

    /// <summary>How many items a run phase may begin.</summary>
    public readonly int ItemsPerTurn => _mean * 64 <= s_turn ? int.MaxValue : (int)Math.Max(1, s_turn / _mean);

    /// <summary>Adds the time that a number of items have taken together, in ticks of <see cref="Stopwatch"/>.</summary>
    public void Add(int items, long ticks)
    {
        if (items > 0)
        {
            _mean += ((ticks / items) - _mean) * Math.Min(items, Weight) / Weight;
        }
    }

    /// <summary>Adds an item that has not returned.</summary>
    public void AddTaken() => Add(1, s_taken);
}
