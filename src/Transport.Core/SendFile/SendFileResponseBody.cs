using System.Buffers;
using System.IO.Pipelines;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core.Features;
using Microsoft.Win32.SafeHandles;
using Transport.Core.Connections;
using Transport.Core.Interop;

namespace Transport.Core.SendFile;

/// <summary>
/// Kestrel's response body with a <see cref="SendFileAsync"/> that uses sendfile(2). One for all requests of an HTTP/1.x connection, which
/// Kestrel also serves with one object.
/// </summary>
/// <remarks>
/// Page-cache hits are sent by sendfile(2). Misses are read on the thread pool, which also reads ahead: neither a loop nor a worker thread
/// waits for the disk. All other cases (no Content-Length, HEAD, a file that cannot be opened) use Kestrel's own implementation, with its
/// results and exceptions.
/// </remarks>
internal sealed class SendFileResponseBody(SocketConnection connection, IFeatureCollection features, IHttpResponseBodyFeature inner)
    : IHttpResponseBodyFeature
{
    /// <summary>
    /// The number of bytes of a file that are flushed at a time: a fairness limit for one response, like nginx's sendfile_max_chunk.
    /// </summary>
    private const int MaxChunk = 2 * 1024 * 1024;

    /// <summary>A file up to this size is read into the pipe: it is sent in one call with the header.</summary>
    private const int MostRead = 16 * 1024;

    /// <summary>The size of a read that waits for the disk.</summary>
    private const int ColdRead = 64 * 1024;

    /// <summary>Kestrel's own response body.</summary>
    public IHttpResponseBodyFeature Inner => inner;

    public Stream Stream => inner.Stream;

    public PipeWriter Writer => inner.Writer;

    public void DisableBuffering() => inner.DisableBuffering();

    public Task StartAsync(CancellationToken cancellationToken = default) => inner.StartAsync(cancellationToken);

    public Task CompleteAsync() => inner.CompleteAsync();

    public Task SendFileAsync(string path, long offset, long? count, CancellationToken cancellationToken = default)
    {
        if (!MaySend(count ?? 0) || cancellationToken.IsCancellationRequested || TryOpen(path, offset, ref count) is not { } file)
        {
            return inner.SendFileAsync(path, offset, count, cancellationToken);
        }

        // Without a count the file may be longer than the announced body. Kestrel reports that before it starts the response.
        if (!MaySend(count!.Value))
        {
            file.Dispose();
            return inner.SendFileAsync(path, offset, count, cancellationToken);
        }

        return SendAsync(file, path, offset, count.Value, cancellationToken);
    }

    /// <summary>Returns whether a body of known length follows, in HTTP/1.x without chunked encoding.</summary>
    private bool MaySend(long count)
    {
        IHttpResponseFeature? response = features.Get<IHttpResponseFeature>();
        return response is { Headers: { ContentLength: { } length } headers, StatusCode: >= 200 }
            && response.StatusCode
                is not (StatusCodes.Status204NoContent or StatusCodes.Status205ResetContent or StatusCodes.Status304NotModified)
            && count <= length && headers.TransferEncoding.Count == 0
            && features.Get<IHttpRequestFeature>() is { } request && !HttpMethods.IsHead(request.Method);
    }

    /// <returns>Null if Kestrel's own implementation reports the error.</returns>
    private static SafeFileHandle? TryOpen(string path, long offset, ref long? count)
    {
        SafeFileHandle file;
        try
        {
            file = File.OpenHandle(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        }
        catch (Exception exception)
            when (exception is IOException or UnauthorizedAccessException or ArgumentException or NotSupportedException)
        {
            return null;
        }

        // 0 if it is not a regular file.
        long length = RandomAccess.GetLength(file);
        long left = length - offset;
        if (offset < 0 || left <= 0 || count > left || count <= 0)
        {
            file.Dispose();
            return null;
        }

        count ??= left;
        return file;
    }

    private async Task SendAsync(SafeFileHandle file, string path, long offset, long count, CancellationToken cancellationToken)
    {
        using (file)
        {
            // The memory that is requested from here on is the transport's own.
            await inner.StartAsync(cancellationToken).ConfigureAwait(false);
            if (!MaySend(count))
            {
                await inner.SendFileAsync(path, offset, count, cancellationToken).ConfigureAwait(false);
                return;
            }

            EarnedTime time = new(features.Get<IHttpMinResponseDataRateFeature>());
            try
            {
                for (long end = offset + count; offset < end;)
                {
                    int sent = TryAppend(file, offset, (int)Math.Min(end - offset, MaxChunk));
                    ValueTask<FlushResult> flush;
                    if (sent > 0)
                    {
                        time.Flushing(sent);
                        flush = inner.Writer.FlushAsync(cancellationToken);
                    }
                    else
                    {
                        byte[] buffer = ArrayPool<byte>.Shared.Rent(ColdRead);
                        sent = await RandomAccess
                            .ReadAsync(file, buffer.AsMemory(0, (int)Math.Min(end - offset, ColdRead)), offset, cancellationToken)
                            .ConfigureAwait(false);
                        flush = inner.Writer.WriteAsync(buffer.AsMemory(0, sent), cancellationToken);
                        ArrayPool<byte>.Shared.Return(buffer);
                    }

                    bool hasWaited = !flush.IsCompleted;
                    FlushResult flushed = await flush.ConfigureAwait(false);
                    time.Flushed();
                    offset += sent;
                    if (sent == 0 || flushed.IsCompleted)
                    {
                        // The file has become shorter, which Kestrel detects when the handler returns; or the client has left.
                        cancellationToken.ThrowIfCancellationRequested();
                        return;
                    }

                    if (!hasWaited && offset < end)
                    {
                        // A client that reads as fast as the file is sent must not keep the thread, which may be a loop's, to itself.
                        await connection.YieldAsync().ConfigureAwait(false);
                    }
                }
            }
            finally
            {
                time.Flushed();
            }
        }
    }

    /// <summary>Appends what is available without waiting for the disk: as a range, or as bytes if it is small.</summary>
    /// <returns>The number of bytes; 0 for none.</returns>
    private int TryAppend(SafeFileHandle file, long offset, int count)
    {
        int descriptor = (int)file.DangerousGetHandle();
        if (count <= MostRead)
        {
            SysResult read = FileCalls.ReadNoWait(descriptor, inner.Writer.GetSpan(count)[..count], offset);
            if (read.Value <= 0)
            {
                return 0;
            }

            inner.Writer.Advance((int)read.Value);
            return (int)read.Value;
        }

        return PageCache.Holds(descriptor, offset, count) && connection.TryAppend(inner.Writer, file, offset, count) ? count : 0;
    }
}
