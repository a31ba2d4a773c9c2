using Bench.Commands;
using Bench.Plans;
using Bench.Servers;

namespace Bench.Files;

/// <summary>The servers of <c>bench files</c>: the sample in several configurations, and nginx.</summary>
internal static class FileServers
{
    /// <summary>The server that the others are compared with: <c>UseStaticFiles</c>.</summary>
    public const string Reference = Results.ResultFile.ReferenceOfFiles;

    /// <summary>Servers of <see cref="FileGoals"/>.</summary>
    public const string StaticOnEpoll = "static-epoll", Direct = "direct-epoll-pool", DirectInline = "direct-epoll-pool-inline",
        NginxSendFile = "nginx-sendfile-nopush", NginxDirect = "nginx-threads-directio";

    /// <summary>The syntax of additional options, for help texts and error messages.</summary>
    public const string OptionsHelp =
        "NAME:OPTION=VALUE sets an option of the section DirectIoFiles, for example direct-epoll:SendFile=off";

    /// <summary>Every file by direct reads, and every file through the page cache: the two sides of <c>DirectIoThreshold</c>.</summary>
    private const string AllDirect = "direct-all", NoneDirect = "direct-none", EpollPool = "-epoll-pool";

    private static readonly string[] ReadDirectly = ["--directio", "4096"];
    private static readonly string[] ReadThroughCache = ["--directio", "off"];
    private static readonly string[] AlignedPool = ["--aligned-pool", "true"];
    private static readonly string[] InlinePool = [.. AlignedPool, "--DirectIoFiles:InlineCompletions", "true"];

    private static readonly string[] Ring = ["--aio", "uring"];

    /// <summary>The pairs that differ only in their engine: kernel AIO (A) and io_uring (B).</summary>
    public static readonly IReadOnlyList<ComparedPair> Rings =
    [
        new("direct", "uring"), new("direct-epoll", "uring-epoll"), new(Direct, "uring-epoll-pool"),
        new(DirectInline, "uring-epoll-pool-inline"),
    ];

    /// <summary>The servers of the short form.</summary>
    public static readonly IReadOnlyList<string> Few =
        [Reference, "direct", "direct-pool-inline", "nginx-sendfile", NginxDirect];

    /// <summary>The servers of the table of goals.</summary>
    public static readonly IReadOnlyList<string> Table = [Reference, StaticOnEpoll, Direct, DirectInline, NginxSendFile, NginxDirect];

    /// <summary>Pairs that differ only in how they read: through the page cache (A) and directly (B).</summary>
    public static readonly IReadOnlyList<ComparedPair> Threshold =
        [new(NoneDirect, AllDirect), new(NoneDirect + EpollPool, AllDirect + EpollPool)];

    /// <summary>The configurations of the sample. They are on Kestrel Sockets unless the name says otherwise.</summary>
    private static readonly IReadOnlyList<Configuration> Apps =
    [
        Static(Reference, "sockets"),
        Static(StaticOnEpoll, "epoll"),
        Static("static-epoll-inline", "epoll:inline"),
        Of("direct", "sockets"),
        Of("direct-2x128k", "sockets", "--output-buffers", "2,128k"),
        Of("direct-pool", "sockets", AlignedPool),
        Of("direct-pool-inline", "sockets:tuned", InlinePool),
        Of("direct-epoll", "epoll"),
        Of(Direct, "epoll", AlignedPool),
        Of(DirectInline, "epoll:inline", InlinePool),
        Of("threads", "sockets", "--aio", "threads"),
        Of("posix", "sockets", "--aio", "posix"),
        Of("uring", "sockets", Ring),
        Of("uring-epoll", "epoll", Ring),
        Of("uring-epoll-pool", "epoll", [.. AlignedPool, .. Ring]),
        Of("uring-epoll-pool-inline", "epoll:inline", [.. InlinePool, .. Ring]),
        Of("off", "sockets", "--aio", "off"),
        Of(AllDirect, "sockets", ReadDirectly),
        Of(NoneDirect, "sockets", ReadThroughCache),
        Of(AllDirect + EpollPool, "epoll", [.. AlignedPool, .. ReadDirectly]),
        Of(NoneDirect + EpollPool, "epoll", [.. AlignedPool, .. ReadThroughCache]),
    ];

    private static readonly IReadOnlyList<(string Name, string Directives)> Nginxes =
    [
        ("nginx-sendfile", "sendfile on;"),
        (NginxSendFile, "sendfile on; tcp_nopush on; open_file_cache max=4096 inactive=60s;"),
        ("nginx-threads", "sendfile on; aio threads;"),
        (NginxDirect, "aio threads; directio 512; output_buffers 1 128k;"),
    ];

    /// <summary>Every server.</summary>
    public static IReadOnlyList<Candidate> All(string folder) =>
    [
        .. Apps.Select(app => app.With(folder)),
        .. Nginxes.Select(one => new Candidate(one.Name, one.Name, async (cores, _, cancellation) =>
            await NginxServer.StartAsync(one.Name, cores, one.Directives, folder, cancellation))),
    ];

    /// <summary>Reads <c>--servers</c>: names and groups, and names with additional options.</summary>
    /// <exception cref="FormatException">A name is unknown, or an option is not of the form of <see cref="OptionsHelp"/>.</exception>
    public static IReadOnlyList<Candidate> Choose(string names, string folder)
    {
        string[] asked = names.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
        string[] configured = [.. asked.Where(name => name.Contains(':'))];
        string[] plain = [.. asked.Except(configured)];
        return
        [
            .. plain.Length == 0 && configured.Length > 0 ? []
                : Chosen.Of("--servers", string.Join(',', plain), All(folder), server => server.Name, FilesPlan.ServerGroups),
            .. configured.Distinct().Select(name => Configure(name).With(folder)),
        ];
    }

    public static bool IsForThreshold(Candidate server) => Threshold.Any(pair => server.Name == pair.A || server.Name == pair.B);

    public static bool IsNginx(Candidate server) => server.Name.StartsWith("nginx", StringComparison.Ordinal);

    private static Configuration Configure(string text)
    {
        string[] parts = text.Split(':');
        Configuration known = Apps.FirstOrDefault(app => app.Name == parts[0])
            ?? throw new FormatException($"--servers is '{text}'; {OptionsHelp}; allowed names: "
                + string.Join(", ", Apps.Select(app => app.Name)));
        List<string> arguments = [.. known.Arguments];
        foreach (string option in parts.AsSpan(1))
        {
            if (option.Split('=', 2) is not [{ Length: > 0 } name, { Length: > 0 } value])
            {
                throw new FormatException($"--servers is '{text}'; {OptionsHelp}");
            }

            arguments.AddRange([$"--DirectIoFiles:{name}", value]);
        }

        return known with { Name = text, Arguments = arguments };
    }

    private static Configuration Static(string name, string transport) => new(name, transport, "/static/", []);

    private static Configuration Of(string name, string transport, params string[] arguments) => new(name, transport, "/files/", arguments);

    private sealed record Configuration(string Name, string Transport, string Prefix, IReadOnlyList<string> Arguments)
    {
        public Candidate With(string folder) => new(Name, Name, async (cores, more, cancellation) => await WebAppServer.StartAsync(
            SampleApp.WebApp, ServerSpec.Parse(Transport), cores, ["--files", folder, .. Arguments, .. more], Prefix, cancellation));
    }
}
