namespace Bench.Files;

/// <summary>What is served, by whom, how it is asked for, and how thoroughly.</summary>
internal sealed record FilesPlan(FileSet Files, IReadOnlyList<FileServer> Servers, IReadOnlyList<FileWork> Works)
{
    public required TimeSpan Window { get; init; }

    public required TimeSpan WarmUp { get; init; }

    /// <summary>How often everything is measured; every round starts every server anew, so that no server has the machine's good hour to itself.</summary>
    public required int Rounds { get; init; }

    public static FilesPlan Short(string folder)
    {
        var files = new FileSet(folder + "-short", 4, 256L << 20, 64, 512);
        var works = FileWorks.All(files).Where(work => FileWorks.Few.Contains(work.Name));
        return new FilesPlan(files, [.. FileServer.All.Where(server => FileServer.Few.Contains(server.Name))], [.. works])
        {
            Window = TimeSpan.FromSeconds(1),
            WarmUp = TimeSpan.FromSeconds(1),
            Rounds = 1,
        };
    }
}
