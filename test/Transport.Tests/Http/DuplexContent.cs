using System.Net;

namespace Transport.Tests.Http;

/// <summary>
/// A request body that is sent while the response is already being read. HttpClient sends its own kinds of content to the end first,
/// which an echo under HTTP/2's flow control never reaches.
/// </summary>
internal sealed class DuplexContent(Func<Stream, Task> write) : HttpContent
{
    protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context) => write(stream);

    protected override bool TryComputeLength(out long length)
    {
        length = 0;
        return false;
    }
}
