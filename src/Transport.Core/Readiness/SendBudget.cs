namespace Transport.Core.Readiness;

/// <summary>
/// The bytes that one kind of sending may send in a loop iteration. What is left is sent in the next iteration, so that small responses do
/// not wait for large ones, nor the loop for one handler whose client takes all that it can send.
/// </summary>
internal struct SendBudget
{
    /// <summary>h2o's figure; beside so much copying the wait in between costs nothing. Not tuned here.</summary>
    private const long Limit = 1024 * 1024;

    private long _sent;

    public readonly bool IsUsedUp => _sent >= Limit;

    public void Use(nint bytes) => _sent += bytes;
}
