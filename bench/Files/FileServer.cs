using Bench.Servers;

namespace Bench.Files;

/// <summary>One way to serve the files.</summary>
/// <param name="Name">As results and <c>--servers</c> name it.</param>
/// <param name="Prefix">What comes before a file's name in its URL.</param>
/// <param name="StartAsync">Starts the server.</param>
internal sealed record FileServer(string Name, string Prefix, Func<FileSet, CancellationToken, Task<Server>> StartAsync)
{
    /// <summary>What the others are compared with.</summary>
    public const string Reference = "static";

    /// <summary>Every file by direct reads, and every file through the page cache: what <c>DirectIoThreshold</c> chooses between.</summary>
    private const string AllDirect = "direct-all", NoneDirect = "direct-none", EpollPool = "-epoll-pool";

    private static readonly string[] ReadDirectly = ["--directio", "4096"];
    private static readonly string[] ReadThroughCache = ["--directio", "off"];
    private static readonly string[] AlignedPool = ["--aligned-pool", "true"];
    private static readonly string[] InlinePool = [.. AlignedPool, "--DirectIoFiles:InlineCompletions", "true"];

    /// <summary>All but nginx are the sample, on the framework's own transport where nothing else is said.</summary>
    public static readonly IReadOnlyList<FileServer> All =
    [
        new(Reference, "/static/", StartApp("sockets")),
        Direct("direct", "sockets"),
        Direct("direct-2x128k", "sockets", "--output-buffers", "2,128k"),
        Direct("direct-pool", "sockets", AlignedPool),
        Direct("direct-pool-inline", "sockets:tuned", InlinePool),
        Direct("direct-epoll", "epoll"),
        Direct("direct-epoll-pool", "epoll", AlignedPool),
        Direct("direct-epoll-pool-inline", "epoll:inline", InlinePool),
        Direct("threads", "sockets", "--aio", "threads"),
        Direct("posix", "sockets", "--aio", "posix"),
        Direct("off", "sockets", "--aio", "off"),
        Direct(AllDirect, "sockets", ReadDirectly),
        Direct(NoneDirect, "sockets", ReadThroughCache),
        Direct(AllDirect + EpollPool, "epoll", [.. AlignedPool, .. ReadDirectly]),
        Direct(NoneDirect + EpollPool, "epoll", [.. AlignedPool, .. ReadThroughCache]),
        Nginx("nginx-sendfile", "sendfile on;"),
        Nginx("nginx-threads", "sendfile on; aio threads;"),
        Nginx("nginx-threads-directio", "aio threads; directio 512; output_buffers 1 128k;"),
    ];

    /// <summary>Those that say most, for a first look.</summary>
    public static readonly IReadOnlyList<string> Few = [Reference, "direct", "direct-pool-inline", "nginx-sendfile", "nginx-threads-directio"];

    /// <summary>Pairs that differ in nothing but how they read: on which transport, direct, through the page cache.</summary>
    public static readonly IReadOnlyList<(string Transport, string Direct, string Cached)> Threshold =
        [("sockets", AllDirect, NoneDirect), ("epoll, aligned pool", AllDirect + EpollPool, NoneDirect + EpollPool)];

    public bool IsForThreshold => Threshold.Any(pair => Name == pair.Direct || Name == pair.Cached);

    public bool IsNginx => Name.StartsWith("nginx", StringComparison.Ordinal);

    private static FileServer Direct(string name, string transport, params string[] arguments) => new(name, "/files/", StartApp(transport, arguments));

    private static Func<FileSet, CancellationToken, Task<Server>> StartApp(string transport, params string[] arguments) => async (files, cancellation) =>
        await WebAppServer.StartAsync(ServerSpec.Parse(transport), Cpus.Server, cancellation, ["--files", files.Folder, .. arguments]);

    private static FileServer Nginx(string name, string directives) => new(
        name, "/files/", async (files, cancellation) => await NginxServer.StartAsync(name, directives, files.Folder, cancellation));
}
