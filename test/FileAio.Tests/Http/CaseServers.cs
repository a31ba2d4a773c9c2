using FileAio.Tests.Support;

namespace FileAio.Tests.Http;

/// <summary>One server for each way of reading and set of options: rows that agree in both share it.</summary>
public sealed class CaseServers : IAsyncDisposable
{
    private readonly Dictionary<string, FileServer> _servers = [];

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
        }, alignedPool: way is "aio into the pipe" or "uring into the pipe", before: builder =>
        {
            if (way.StartsWith("sendfile", StringComparison.Ordinal) || way == "uring on epoll")
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
