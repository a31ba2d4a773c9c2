using System.Buffers;
using System.IO.Pipelines;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Win32.SafeHandles;
using Transport.Core.Connections.Output;
using Transport.Core.Loops.Sockets;
using Transport.Core.Scheduling;
using Transport.Core.SendFile;

namespace Transport.Core.Connections;

/// <summary>Sending of file ranges.</summary>
internal sealed partial class SocketConnection
{
    /// <summary>The size of a read, where sendfile(2) is not supported.</summary>
    private const int ReadSize = 64 * 1024;

    private SendFileResponseBody? _responseBody;

    public bool TryAppend(PipeWriter output, SafeFileHandle file, long offset, int count)
    {
        ArgumentNullException.ThrowIfNull(output);
        ArgumentNullException.ThrowIfNull(file);
        ArgumentOutOfRangeException.ThrowIfNegative(offset);
        ArgumentOutOfRangeException.ThrowIfLessThan(count, 1);
        ObjectDisposedException.ThrowIf(file.IsClosed, file);

        // Connection middleware that replaces the transport (TLS) would change the bytes.
        return ReferenceEquals(Transport, _originalTransport) && _outputWriter.TryAppend(output, file, offset, count);
    }

    /// <summary>
    /// Enables sendfile(2) for a request's SendFileAsync, if the request is HTTP/1.x and its bytes reach the socket unchanged. Kestrel
    /// serves the requests of such a connection one after another with one object.
    /// </summary>
    public void SetResponseBody(IFeatureCollection features)
    {
        if (!ReferenceEquals(Transport, _originalTransport))
        {
            return;
        }

        IHttpResponseBodyFeature? inner = features.Get<IHttpResponseBodyFeature>();
        if (_responseBody is null)
        {
            if (inner is null || !ReferenceEquals(inner, features.Get<IHttpResponseFeature>())
                || features.Get<IHttpRequestFeature>()?.Protocol.StartsWith("HTTP/1", StringComparison.Ordinal) != true)
            {
                return;
            }

            _responseBody = new SendFileResponseBody(this, features, inner);
        }

        if (ReferenceEquals(inner, _responseBody.Inner))
        {
            features.Set<IHttpResponseBodyFeature>(_responseBody);
        }
    }

    /// <summary>Continues where application code runs.</summary>
    public async ValueTask YieldAsync() => await new ApplicationSwitch(_loop);

    /// <summary>Returns what is sent next: the bytes up to the first range, and the range. Its placeholder is left out.</summary>
    private OutputBatch NextBatch(in ReadOnlySequence<byte> buffer, out SequencePosition end)
    {
        long position = _outputWriter.Taken;
        if (_outputWriter.Ranges?.Peek(position, buffer.Length) is not { } range)
        {
            _outputWriter.Taken = position + buffer.Length;
            end = buffer.End;
            return new OutputBatch(buffer);
        }

        ReadOnlySequence<byte> before = buffer.Slice(0, range.Position - position);
        _outputWriter.Taken = range.Position + 1;
        end = buffer.GetPosition(1, before.End);
        return new OutputBatch(before, range);
    }

    /// <summary>Sends the whole range, by reads where sendfile(2) is not supported.</summary>
    private ValueTask<SysResult> SendBatchAsync(in OutputBatch batch) =>
        batch.File is { } file ? SendFileBatchAsync(batch, file) : SendAsync(batch);

    private async ValueTask<SysResult> SendFileBatchAsync(OutputBatch batch, FileRange file)
    {
        SysResult sent = await SendAsync(batch).ConfigureAwait(false);
        return file.IsRefused ? await SendByReadsAsync(file).ConfigureAwait(false) : sent;
    }

    /// <summary>Reads the rest of the range, not on the loop's thread, and sends it as bytes.</summary>
    /// <exception cref="IOException">The file cannot be read.</exception>
    private async ValueTask<SysResult> SendByReadsAsync(FileRange file)
    {
        byte[] buffer = ArrayPool<byte>.Shared.Rent(ReadSize);
        try
        {
            while (file.Remaining > 0)
            {
                int want = (int)Math.Min(ReadSize, file.Remaining);
                int read = await RandomAccess.ReadAsync(file.File, buffer.AsMemory(0, want), file.Offset).ConfigureAwait(false);
                if (read == 0)
                {
                    return new SysResult(-Errno.ENODATA);
                }

                SysResult sent = await SendAsync(new OutputBatch(new ReadOnlySequence<byte>(buffer, 0, read))).ConfigureAwait(false);
                if (sent.IsError)
                {
                    return sent;
                }

                file.Sent(read);
            }

            return default;
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }
}
