using System.IO.Pipelines;
using Microsoft.AspNetCore.Http.Features;

namespace FileAio.Tests.Support;

/// <summary>A response body that somebody has wrapped: tells of each flush before it passes it on.</summary>
internal sealed class WrappedBody(IHttpResponseBodyFeature inner, Action flushing) : IHttpResponseBodyFeature
{
    public Stream Stream => inner.Stream;

    public PipeWriter Writer { get; } = new WatchedWriter(inner.Writer, flushing);

    public Task CompleteAsync() => inner.CompleteAsync();

    public void DisableBuffering() => inner.DisableBuffering();

    public Task SendFileAsync(string path, long offset, long? count, CancellationToken cancellationToken = default)
        => inner.SendFileAsync(path, offset, count, cancellationToken);

    public Task StartAsync(CancellationToken cancellationToken = default) => inner.StartAsync(cancellationToken);
}
