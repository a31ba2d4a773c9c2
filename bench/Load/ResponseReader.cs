namespace Bench.Load;

/// <summary>Parses received bytes and detects the end of each response.</summary>
internal abstract class ResponseReader
{
    /// <summary>Parses received bytes.</summary>
    /// <returns>Whether the response ends with the last byte.</returns>
    /// <exception cref="InvalidDataException">The response is not the expected one.</exception>
    public abstract bool Take(ReadOnlySpan<byte> received);

    /// <summary>Whether the server closes the connection after the last response.</summary>
    public virtual bool Closes => false;
}
