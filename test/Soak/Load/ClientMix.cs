using Soak.Clients;
using Soak.Measuring;
using Soak.Server;

namespace Soak.Load;

/// <summary>The mixed load: some clients of each kind, each with a seed of its own.</summary>
internal static class ClientMix
{
    /// <summary>A kind, how many of them there are, and how one is made.</summary>
    private static readonly (string Kind, int Count, Func<ClientContext, Client> Make)[] Kinds =
    [
        ("keep-alive", 5, context => new KeepAliveClient(context, tls: false)),
        ("keep-alive, TLS", 2, context => new KeepAliveClient(context, tls: true)),
        ("pipelined", 3, context => new PipelineClient(context)),
        ("churn", 4, context => new ChurnClient(context)),
        ("upload", 3, context => new UploadClient(context, tls: false)),
        ("upload, TLS", 1, context => new UploadClient(context, tls: true)),
        ("WebSocket", 3, context => new WebSocketClient(context)),
        ("slow reader", 6, context => new SlowReaderClient(context)),
        ("abort", 4, context => new AbortClient(context)),
        ("file ranges", 3, context => new FileClient(context, tls: false)),
        ("file ranges, TLS", 1, context => new FileClient(context, tls: true)),
        ("HTTP/2", 2, context => new Http2Client(context, tls: false)),
        ("HTTP/2, TLS", 2, context => new Http2Client(context, tls: true)),
        ("slow handlers", 2, context => new HandlerClient(context)),
    ];

    public static IEnumerable<string> Names => Kinds.Select(kind => kind.Kind);

    /// <param name="seed">The run's; each client's follows from it, its kind and its number.</param>
    /// <param name="only">The kinds that take part; null for all.</param>
    /// <param name="server">Where the server listens.</param>
    /// <param name="files">What it serves.</param>
    /// <param name="tally">Where the clients count.</param>
    public static IReadOnlyList<Client> Make(ulong seed, IReadOnlyCollection<string>? only, ServerPorts server, FileTree files, Tally tally)
    {
        List<Client> clients = [];
        foreach ((string kind, int count, Func<ClientContext, Client> make) in Kinds.Where(kind => only is null
            || only.Contains(kind.Kind)))
        {
            for (int i = 0; i < count; i++)
            {
                clients.Add(make(new ClientContext(kind, ClientSeed(seed, kind, i), server, files, tally)));
            }
        }

        return clients;
    }

    /// <summary>FNV-1a, since string.GetHashCode differs from process to process.</summary>
    private static int ClientSeed(ulong seed, string kind, int number)
    {
        ulong hash = 14695981039346656037UL;
        foreach (char one in $"{seed}/{kind}/{number}")
        {
            hash = (hash ^ one) * 1099511628211UL;
        }

        return (int)(hash & int.MaxValue);
    }
}
