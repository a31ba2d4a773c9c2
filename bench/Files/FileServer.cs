using Bench.Servers;

namespace Bench.Files;

/// <summary>One way to serve the files.</summary>
/// <param name="Name">As results name it.</param>
/// <param name="Prefix">What comes before a file's name in its URL.</param>
/// <param name="StartAsync">Starts the server.</param>
internal sealed record FileServer(string Name, string Prefix, Func<FileSet, CancellationToken, Task<Server>> StartAsync)
{
    public static readonly IReadOnlyList<FileServer> All =
    [
        Direct("UseDirectIoFiles, aio on", "--aio", "on"),
        Direct("UseDirectIoFiles, aio threads", "--aio", "threads"),
        Direct("UseDirectIoFiles, aio posix", "--aio", "posix"),
        Direct("UseDirectIoFiles, aio off", "--aio", "off"),
        new("UseStaticFiles", "/static/", StartApp("--aio", "off")),
        Nginx("nginx, sendfile", "sendfile on;"),
        Nginx("nginx, aio threads", "sendfile on; aio threads;"),
        Nginx("nginx, aio threads, directio", "aio threads; directio 512; output_buffers 1 128k;"),
    ];

    public bool IsNginx => Name.StartsWith("nginx", StringComparison.Ordinal);

    private static FileServer Direct(string name, params string[] arguments) => new(name, "/files/", StartApp(arguments));

    private static Func<FileSet, CancellationToken, Task<Server>> StartApp(params string[] arguments) => async (files, cancellation) =>
        await WebAppServer.StartAsync(ServerSpec.Parse("epoll"), Cpus.Server, cancellation, ["--files", files.Folder, .. arguments]);

    private static FileServer Nginx(string name, string directives) => new(
        name, "/files/", async (files, cancellation) => await NginxServer.StartAsync(name, directives, files.Folder, cancellation));
}
