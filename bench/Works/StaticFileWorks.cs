using Bench.Files;
using Bench.Load;
using Bench.Servers;

namespace Bench.Works;

/// <summary>The works of <c>bench ab</c> that serve files by <c>UseStaticFiles</c> and <c>Results.File</c>.</summary>
internal static class StaticFileWorks
{
    private static readonly string Folder = Path.Combine(Repository.Root, "artifacts", "bench-static");

    private static readonly IReadOnlyList<(string Name, string Length, int Bytes, int Connections)> Sizes =
        [("8k", "8 KiB", 8 << 10, 32), ("256k", "256 KiB", 256 << 10, 16), ("10m", "10 MiB", 10 << 20, 4)];

    public static IReadOnlyList<LoadWork> All =>
    [
        .. Sizes.Select(size => Of(
            $"static-{size.Name}", $"UseStaticFiles, {size.Length}, {size.Connections} connections",
            new Wrk($"/static/{size.Name}-0", size.Connections))),
        .. Sizes.Select(size => Of(
            $"static-file-{size.Name}", $"Results.File, {size.Length}, {size.Connections} connections",
            new Wrk($"/file/{size.Name}-0", size.Connections))),
        Of("static-tls-256k", "UseStaticFiles over TLS, 256 KiB, 16 connections", new Wrk("/static/256k-0", 16) { Tls = true }),
    ];

    /// <summary>The files that the works request.</summary>
    public static IReadOnlyList<FileGroup> Files => [.. Sizes.Select(size => new FileGroup(Folder, size.Name, 1, size.Bytes))];

    /// <summary>Whether a work requests one of the files.</summary>
    public static bool IsOne(Work work) => work.ServerArguments.Contains(Folder);

    private static LoadWork Of(string name, string description, ILoad load) =>
        new(name, description, load, Headline.Cpu) { ServerArguments = ["--files", Folder] };
}
