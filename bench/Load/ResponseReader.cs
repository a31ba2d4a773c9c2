namespace Bench.Load;

/// <summary>Takes a server's bytes as they come and says when a response is whole.</summary>
internal abstract class ResponseReader
{
    /// <summary>Takes what was received.</summary>
    /// <returns>True when the response ended exactly here; false when more is to come.</returns>
    /// <exception cref="InvalidDataException">The response is not the one that was asked for.</exception>
    public abstract bool Take(ReadOnlySpan<byte> received);

    /// <summary>Whether the server said that it will close the connection after the response that just ended.</summary>
    public virtual bool Closes => false;
}
