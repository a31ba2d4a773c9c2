namespace Transport.Core.Loops.Waiting;

/// <summary>
/// Opportunities of something that mostly pays, and costs where it does not: after each that was wasted, more and more of them are skipped;
/// after each that paid, fewer. Loop thread.
/// </summary>
/// <param name="mostSkipped">How many are skipped at most between two that are used: 2ⁿ − 1.</param>
internal sealed class Opportunities(int mostSkipped)
{
    private int _skipped;
    private int _left;

    public bool ShouldUse()
    {
        if (_left == 0)
        {
            return true;
        }

        _left--;
        return false;
    }

    public void Used(bool wasWasted)
    {
        _skipped = wasWasted ? Math.Min((_skipped * 2) + 1, mostSkipped) : _skipped / 2;
        _left = _skipped;
    }
}
