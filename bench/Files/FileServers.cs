using Bench.Plans;
using Bench.Servers;

namespace Bench.Files;

/// <summary>The servers of <c>bench files</c>: the sample in several configurations, and nginx.</summary>
internal static class FileServers
{
    /// <summary>The server that the others are compared with: <c>UseStaticFiles</c>.</summary>
    public const string Reference = Results.ResultFile.ReferenceOfFiles;

    /// <summary>Every file by direct reads, and every file through the page cache: the two sides of <c>DirectIoThreshold</c>.</summary>
    private const string AllDirect = "direct-all", NoneDirect = "direct-none", EpollPool = "-epoll-pool";

    private static readonly string[] ReadDirectly = ["--directio", "4096"];
    private static readonly string[] ReadThroughCache = ["--directio", "off"];
    private static readonly string[] AlignedPool = ["--aligned-pool", "true"];
    private static readonly string[] InlinePool = [.. AlignedPool, "--DirectIoFiles:InlineCompletions", "true"];

    /// <summary>The servers of the short form.</summary>
    public static readonly IReadOnlyList<string> Few =
        [Reference, "direct", "direct-pool-inline", "nginx-sendfile", "nginx-threads-directio"];

    /// <summary>Pairs that differ only in how they read: through the page cache (A) and directly (B).</summary>
    public static readonly IReadOnlyList<ComparedPair> Threshold =
        [new(NoneDirect, AllDirect), new(NoneDirect + EpollPool, AllDirect + EpollPool)];

    /// <summary>Every server. All but nginx are the sample, on Kestrel Sockets unless the name says otherwise.</summary>
    public static IReadOnlyList<Candidate> All(string folder)
    {
        return
        [
            new Candidate(Reference, Reference, App("sockets", "/static/")),
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

        Candidate Direct(string name, string transport, params string[] arguments) => new(name, name, App(transport, "/files/", arguments));

        Candidate.Starter App(string transport, string prefix, params string[] arguments) => async (cores, more, cancellation) =>
            await WebAppServer.StartAsync(ServerSpec.Parse(transport), cores, ["--files", folder, .. arguments, .. more], prefix,
                cancellation);

        Candidate Nginx(string name, string directives) => new(
            name, name, async (cores, _, cancellation) => await NginxServer.StartAsync(name, cores, directives, folder, cancellation));
    }

    public static bool IsForThreshold(Candidate server) => Threshold.Any(pair => server.Name == pair.A || server.Name == pair.B);

    public static bool IsNginx(Candidate server) => server.Name.StartsWith("nginx", StringComparison.Ordinal);
}
