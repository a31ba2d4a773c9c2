using System.Net;
using Soak.Measuring;

namespace Soak.Clients.Streams;

/// <summary>A few <see cref="EchoStream"/>s together.</summary>
internal sealed class EchoStreams : IDisposable
{
    private readonly EchoStream[] _streams;

    private EchoStreams(EchoStream[] streams) => _streams = streams;

    public static async Task<EchoStreams> OpenAsync(IPEndPoint server, int count)
    {
        using CancellationTokenSource deadline = new CancellationTokenSource(TimeSpan.FromMinutes(1));
        return new EchoStreams(await Task.WhenAll(Enumerable.Range(0, count).Select(_ => EchoStream.OpenAsync(server, deadline.Token))));
    }

    /// <inheritdoc cref="EchoStream.Between"/>
    public Latency Between(long first, long last) => Latency.Of(_streams.SelectMany(stream => stream.Between(first, last)));

    /// <inheritdoc cref="EchoStream.EndAsync"/>
    public Task EndAsync() => Task.WhenAll(_streams.Select(stream => stream.EndAsync()));

    public void Dispose()
    {
        foreach (EchoStream stream in _streams)
        {
            stream.Dispose();
        }
    }
}
