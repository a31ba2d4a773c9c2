using System.Net;

namespace Soak.Clients.Protocol;

/// <summary>
/// A request body of the pattern that is sent while the response is read. HttpClient waits for the end of its own kinds of content first,
/// and an echo of more than a stream's window would then wait for ever.
/// </summary>
internal sealed class PatternContent(int length, long offset) : HttpContent
{
    protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context)
        => stream.WriteAsync(Pattern.Bytes(length, offset)).AsTask();

    protected override bool TryComputeLength(out long computed)
    {
        computed = length;
        return true;
    }
}
