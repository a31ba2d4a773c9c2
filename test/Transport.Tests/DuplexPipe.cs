using System.IO.Pipelines;

namespace Transport.Tests;

/// <summary>A pair of pipes that lead nowhere, as middleware may put in the transport's place.</summary>
internal sealed class DuplexPipe : IDuplexPipe
{
    public PipeReader Input { get; } = new Pipe().Reader;
    public PipeWriter Output { get; } = new Pipe().Writer;
}
