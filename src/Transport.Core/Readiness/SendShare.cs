namespace Transport.Core.Readiness;

/// <summary>
/// Bytes that one kind of sending may send in a turn, and a little more: what is left goes out in the next, so that who asks for little
/// is not kept waiting for a hundred who take much, nor the loop for one handler whose client takes all that it can send.
/// </summary>
internal struct SendShare
{
    /// <summary>h2o's figure; beside so much copying the wait in between costs nothing. Not tuned here.</summary>
    private const long Most = 1024 * 1024;

    private long _sent;

    public readonly bool IsUsedUp => _sent >= Most;

    public void Use(nint bytes) => _sent += bytes;
}
