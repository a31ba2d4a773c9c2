using System.Diagnostics.CodeAnalysis;
using System.IO.Pipelines;
using Microsoft.Win32.SafeHandles;

namespace Transport.Core.Features;

/// <summary>
/// Sends ranges of files by sendfile(2), in order with the bytes that are written to the connection. A connection feature of these
/// transports; requests have it too. Applications need it only for protocols of their own: <c>Results.File</c>, <c>UseStaticFiles</c> and
/// <c>SendFileAsync</c> use it automatically (<see cref="TransportOptions.SendFile"/>).
/// </summary>
[Experimental("KTRANS002")]
public interface ISendFileFeature
{
    /// <summary>
    /// Appends <paramref name="count"/> bytes of <paramref name="file"/> to the data written to <paramref name="output"/>. <see
    /// cref="PipeWriter.FlushAsync"/> sends them, with the same back-pressure as for bytes. The file stays open until they have been sent
    /// or the connection has ended, even if <paramref name="file"/> is disposed earlier.
    /// </summary>
    /// <param name="output">
    /// The connection's <c>Transport.Output</c>, or the <c>BodyWriter</c> of an HTTP/1.x response that has a Content-Length and has
    /// started.
    /// </param>
    /// <param name="file">An open regular file.</param>
    /// <param name="offset">The offset of the first byte in the file. Allowed: 0 and more.</param>
    /// <param name="count">The number of bytes. Allowed: 1 and more. More than 2 GiB − 1 are sent by several calls.</param>
    /// <returns>
    /// False if the bytes would not reach the socket unchanged; nothing is appended then. Reasons are TLS or other connection middleware, a
    /// chunked or wrapped response body, and a flush in progress. The caller reads the file and writes the bytes instead.
    /// </returns>
    /// <remarks>
    /// <list type="bullet">
    /// <item>If the file is shorter than the range when it is sent, the connection is reset: the peer expects the bytes.</item>
    /// <item>On a page-cache miss sendfile(2) waits for the disk, and so does the sending thread. Files that may not be cached should be
    /// read instead.</item>
    /// <item>If the file changes before the peer has acknowledged the bytes, the changed bytes may be sent.</item>
    /// </list>
    /// </remarks>
    /// <exception cref="ArgumentOutOfRangeException">
    /// <paramref name="offset"/> is negative or <paramref name="count"/> is less than 1.
    /// </exception>
    /// <exception cref="ObjectDisposedException"><paramref name="file"/> is closed.</exception>
    /// <exception cref="InvalidOperationException">The bytes exceed the response's Content-Length.</exception>
    bool TryAppend(PipeWriter output, SafeFileHandle file, long offset, int count);
}
