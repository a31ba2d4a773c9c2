using System.IO.Pipelines;

namespace Transport.Core.Connections;

/// <summary>Two ends of two pipes: what one side reads and writes.</summary>
internal sealed class DuplexPipe(PipeReader input, PipeWriter output) : IDuplexPipe
{
    public PipeReader Input => input;

    public PipeWriter Output => output;
}
