namespace Bench.Files;

/// <summary>What is served, by whom, how it is asked for, and how thoroughly.</summary>
internal sealed record FilesPlan(FileSet Files, IReadOnlyList<FileServer> Servers, IReadOnlyList<FileWork> Works)
{
    /// <summary>Words of <c>--servers</c> for several.</summary>
    public static readonly IReadOnlyDictionary<string, Func<FileServer, bool>> ServerGroups = new Dictionary<string, Func<FileServer, bool>>
    {
        ["usual"] = server => !server.IsForThreshold,
        ["threshold"] = server => server.IsForThreshold,
    };

    /// <summary>Words of <c>--works</c> for several.</summary>
    public static readonly IReadOnlyDictionary<string, Func<FileWork, bool>> WorkGroups = new Dictionary<string, Func<FileWork, bool>>
    {
        ["usual"] = work => !IsOfSize(work),
        ["sizes"] = IsOfSize,
    };

    public required TimeSpan Window { get; init; }

    public required TimeSpan WarmUp { get; init; }

    /// <summary>
    /// How often everything is measured; every cell starts its server anew, so that no server has the machine's good hour to itself.
    /// </summary>
    public required int Rounds { get; init; }

    public static FilesPlan Full(string folder, int large)
    {
        FileSet files = FileSet.Full(folder, large);
        return new FilesPlan(files, [.. FileServer.All.Where(ServerGroups["usual"])], [.. FileWorks.All(files).Where(WorkGroups["usual"])])
        {
            Window = TimeSpan.FromSeconds(5),
            WarmUp = TimeSpan.FromSeconds(5),
            Rounds = 3,
        };
    }

    public static FilesPlan Short(string folder)
    {
        FileSet files = FileSet.Short(folder + "-short");
        IEnumerable<FileWork> works = FileWorks.All(files).Where(work => FileWorks.Few.Contains(work.Name));
        return new FilesPlan(files, [.. FileServer.All.Where(server => FileServer.Few.Contains(server.Name))], [.. works])
        {
            Window = TimeSpan.FromSeconds(1),
            WarmUp = TimeSpan.FromSeconds(1),
            Rounds = 1,
        };
    }

    private static bool IsOfSize(FileWork work) => work.Name.StartsWith(FileWorks.SizePrefix, StringComparison.Ordinal);
}
