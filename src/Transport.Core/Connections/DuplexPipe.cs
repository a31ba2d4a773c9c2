using System.IO.Pipelines;

namespace Transport.Core.Connections;

/// <summary>The ends of two pipes that one side reads and writes.</summary>
internal sealed class DuplexPipe(PipeReader input, PipeWriter output) : IDuplexPipe
{
    public PipeReader Input => input;

    public PipeWriter Output => output;
}
