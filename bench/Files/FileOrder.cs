namespace Bench.Files;

/// <summary>The order in which clients request files. Thread-safe.</summary>
internal sealed class FileOrder
{
    private readonly int[] _numbers;
    private readonly bool _once;
    private long _taken = -1;

    /// <param name="files">The number of files.</param>
    /// <param name="shuffled">Whether the order is pseudo-random; it is the same in every run.</param>
    /// <param name="once">Whether the order ends after the last file instead of starting again.</param>
    public FileOrder(int files, bool shuffled, bool once)
    {
        _numbers = [.. Enumerable.Range(0, files)];
        _once = once;
        if (shuffled)
        {
            new Random(7).Shuffle(_numbers);
        }
    }

    /// <summary>Returns the number of the next file; null at the end of the order.</summary>
    public int? Next()
    {
        long taken = Interlocked.Increment(ref _taken);
        return _once && taken >= _numbers.Length ? null : _numbers[taken % _numbers.Length];
    }
}
