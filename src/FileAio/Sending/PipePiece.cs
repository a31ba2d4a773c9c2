namespace FileAio.Sending;

/// <summary>A permission to copy a buffer to the pipe in one piece.</summary>
/// <remarks>
/// One segment costs 20 to 33 % less CPU than 32 blocks of 4 KiB (1.7 against 2.1 to 2.7 s/GiB, 1 GiB files, 8 clients). But a piece is an
/// array of the shared pool, which keeps 32 arrays of a size per processor. The garbage collector must collect the rest as large objects.
/// 400 stalled clients then used 530 KiB each, with blocks 156 KiB. So the number of pieces in use is limited to what the pool keeps.
/// </remarks>
internal struct PipePiece
{
    private static readonly int Most = 32 * Environment.ProcessorCount;
    private static int s_out;

    private bool _taken;

    /// <summary>The number of pieces in use in the process.</summary>
    public static int Out => Volatile.Read(ref s_out);

    public bool TryTake()
    {
        if (_taken)
        {
            return true;
        }

        if (Interlocked.Increment(ref s_out) <= Most)
        {
            return _taken = true;
        }

        Interlocked.Decrement(ref s_out);
        return false;
    }

    public void Release()
    {
        if (!_taken)
        {
            return;
        }

        _taken = false;
        Interlocked.Decrement(ref s_out);
    }
}
