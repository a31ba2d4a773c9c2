using System.IO.Pipelines;
using Microsoft.Win32.SafeHandles;

namespace Transport.Core.Features;

/// <summary>
/// Sends parts of files by sendfile(2), in order with the bytes that are written to the connection. A connection feature of the transports
/// of this project; requests see it too. Applications need it only for protocols of their own: <c>Results.File</c>,
/// <c>UseStaticFiles</c> and <c>SendFileAsync</c> use it by themselves (<see cref="TransportOptions.SendFile"/>).
/// </summary>
public interface ISendFileFeature
{
    /// <summary>
    /// Appends <paramref name="count"/> bytes of <paramref name="file"/> to what <paramref name="output"/> has been given so far, as if they
    /// had been written there. <see cref="PipeWriter.FlushAsync"/> sends them, and waits for the peer as it does for bytes. The file stays
    /// open until they have been sent or the connection has ended, even if <paramref name="file"/> is disposed earlier.
    /// </summary>
    /// <param name="output">
    /// The connection's <c>Transport.Output</c>; or the <c>BodyWriter</c> of an HTTP/1.x response that has a Content-Length and has started.
    /// </param>
    /// <param name="file">An open regular file.</param>
    /// <param name="offset">Where in the file the bytes begin; at least 0.</param>
    /// <param name="count">How many there are; at least 1. More than 2 GiB − 1 are sent by several calls.</param>
    /// <returns>
    /// False, and nothing is appended, where the bytes would not reach the socket as they are: TLS or other connection middleware, a chunked
    /// or wrapped response body, a flush under way. The caller reads the file and writes the bytes instead.
    /// </returns>
    /// <remarks>
    /// <list type="bullet">
    /// <item>If the file turns out to be shorter when the bytes are sent, the connection is reset: the peer was promised them.</item>
    /// <item>Where the page cache does not hold the bytes, sendfile(2) waits for the disk, and so does the thread that sends. What may be
    /// cold should be read instead.</item>
    /// <item>Bytes that are changed in the file before the peer has acknowledged them may be sent as they are by then.</item>
    /// </list>
    /// </remarks>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="offset"/> is negative or <paramref name="count"/> less than 1.</exception>
    /// <exception cref="ObjectDisposedException"><paramref name="file"/> is closed.</exception>
    /// <exception cref="InvalidOperationException">The response has no room for so many bytes (Content-Length).</exception>
    bool TryAppend(PipeWriter output, SafeFileHandle file, long offset, int count);
}
