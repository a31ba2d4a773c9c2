using FileAio.Tests.Support;

namespace FileAio.Tests.Http;

/// <summary>One server for each way of reading and set of options: rows that agree in both share it.</summary>
public sealed class CaseServers : IAsyncDisposable
{
    private const string OnEpoll = "epoll, ";

    private readonly Dictionary<string, FileServer> _servers = [];

    /// <summary>Every engine with every value of SendFile, on a transport that has sendfile.</summary>
    public static IEnumerable<string> WaysOnEpoll => Enum.GetNames<AioMode>().SelectMany(
        engine => Enum.GetNames<SendFileMode>(), (engine, mode) => $"{OnEpoll}aio {engine}, sendfile {mode}".ToLowerInvariant());

    public FileTree Tree { get; } = new();

    internal async Task<FileServer> ForAsync(string way, HttpCase row)
    {
        string key = $"{way}|{row.Options}";
        if (_servers.TryGetValue(key, out FileServer? known))
        {
            return known;
        }

        FileServer server = await FileServer.StartAsync(Tree.Root, options =>
        {
            row.Configure(options);
            options.Aio = way switch
            {
                "threads" => AioMode.Threads,
                "posix" => AioMode.Posix,
                "off" => AioMode.Off,
                "uring" or "uring into the pipe" or "uring page cache" or "uring on epoll" or "uring on uring" =>
                    AioMode.Uring,
                _ => AioMode.On,
            };
            options.DirectIoThreshold = way is "page cache" or "sendfile on" or "uring page cache" ? null : 512;
            options.OpenFileCache.Max = way == "open-file cache" ? 100 : 0;
            options.OutputBuffers = way == "threads" ? new OutputBuffers(3, 8192) : options.OutputBuffers;
            options.SendFile = way == "sendfile on" ? SendFileMode.On : SendFileMode.Auto;
            if (way.StartsWith(OnEpoll, StringComparison.Ordinal))
            {
                string[] values = [.. way[OnEpoll.Length..].Split(", ").Select(part => part.Split(' ')[1])];
                options.Aio = Enum.Parse<AioMode>(values[0], ignoreCase: true);
                options.SendFile = Enum.Parse<SendFileMode>(values[1], ignoreCase: true);
                // With sendfile on, larger files would be read directly, as in nginx.
                options.DirectIoThreshold = options.SendFile == SendFileMode.On ? null : 512;
            }
        }, alignedPool: way is "aio into the pipe" or "uring into the pipe", before: builder =>
        {
            if (way.StartsWith("sendfile", StringComparison.Ordinal) || way == "uring on epoll"
                || way.StartsWith(OnEpoll, StringComparison.Ordinal))
            {
                TransportCatalogue.Get("epoll").Apply(builder.WebHost, new TransportSettings());
            }
            else if (way == "uring on uring")
            {
                TransportCatalogue.Get("uring").Apply(builder.WebHost, new TransportSettings());
            }
        });
        _servers.Add(key, server);
        return server;
    }

    public async ValueTask DisposeAsync()
    {
        foreach (FileServer server in _servers.Values)
        {
            await server.DisposeAsync();
        }

        Tree.Dispose();
    }
}
