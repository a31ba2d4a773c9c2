namespace Bench.Files;

/// <summary>Which file comes next, for all clients together. Any thread.</summary>
internal sealed class FileOrder
{
    private readonly int[] _numbers;
    private readonly bool _once;
    private long _taken = -1;

    /// <param name="files">Files, numbered from 0.</param>
    /// <param name="shuffled">In an order that looks random and is the same in every run.</param>
    /// <param name="once">Whether it ends after the last one, instead of beginning anew.</param>
    public FileOrder(int files, bool shuffled, bool once)
    {
        _numbers = [.. Enumerable.Range(0, files)];
        _once = once;
        if (shuffled)
        {
            new Random(7).Shuffle(_numbers);
        }
    }

    /// <summary>Null when all have been taken.</summary>
    public int? Next()
    {
        long taken = Interlocked.Increment(ref _taken);
        return _once && taken >= _numbers.Length ? null : _numbers[taken % _numbers.Length];
    }
}
