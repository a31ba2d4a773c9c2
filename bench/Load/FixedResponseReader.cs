namespace Bench.Load;

/// <summary>Reads responses whose bytes are known, such as the frames of a WebSocket echo.</summary>
internal sealed class FixedResponseReader(byte[] expected) : ResponseReader
{
    private int _taken;

    public override bool Take(ReadOnlySpan<byte> received)
    {
        if (received.Length > expected.Length - _taken || !received.SequenceEqual(expected.AsSpan(_taken, received.Length)))
        {
            throw new InvalidDataException("the echo differs from what was sent");
        }

        _taken += received.Length;
        if (_taken < expected.Length)
        {
            return false;
        }

        _taken = 0;
        return true;
    }
}
