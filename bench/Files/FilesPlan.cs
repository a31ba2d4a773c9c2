using Bench.Plans;
using Bench.Works;

namespace Bench.Files;

/// <summary>Makes the plans of <c>bench files</c>.</summary>
internal static class FilesPlan
{
    /// <summary>The group of the works and of the servers that have goals.</summary>
    public const string Table = "table";

    /// <summary>The group names of <c>--servers</c>.</summary>
    public static readonly IReadOnlyDictionary<string, Func<Candidate, bool>> ServerGroups = new Dictionary<string, Func<Candidate, bool>>
    {
        ["usual"] = server => !FileServers.IsForThreshold(server),
        ["threshold"] = FileServers.IsForThreshold,
        [Table] = server => FileServers.Table.Contains(server.Name),
    };

    /// <summary>The group names of <c>--works</c>.</summary>
    public static readonly IReadOnlyDictionary<string, Func<Work, bool>> WorkGroups = new Dictionary<string, Func<Work, bool>>
    {
        ["usual"] = work => !IsOfSize(work),
        ["sizes"] = IsOfSize,
        [Table] = work => FileGoals.Works.Contains(work.Name),
    };

    private static readonly IReadOnlyList<Headline> ThresholdHeadlines = [Headline.CpuPerGibibyte, Headline.BytesPerSecond, Headline.Tail];

    public static Plan Full(string folder, int large, long? largeBytes = null)
    {
        FileSet files = FileSet.Full(folder, large, largeBytes);
        return Make(FileServers.All(folder).Where(ServerGroups["usual"]), FileWorks.All(files).Where(WorkGroups["usual"]), seconds: 5) with
        {
            Rounds = 3,
        };
    }

    public static Plan Short(string folder, long? largeBytes = null)
    {
        FileSet files = FileSet.Short(folder + "-short", largeBytes);
        return Make(
            FileServers.All(files.Folder).Where(server => FileServers.Few.Contains(server.Name)),
            FileWorks.All(files).Where(work => FileWorks.Few.Contains(work.Name)),
            seconds: 1);
    }

    /// <summary>The files that the works of a plan read; where two works read the same group, the larger one.</summary>
    public static IReadOnlyList<FileGroup> Needed(IEnumerable<Work> works) =>
    [
        .. works.OfType<IFileWork>().Select(work => work.Reads).OfType<FileGroup>()
            .GroupBy(group => group.Name).Select(same => same.MaxBy(group => group.Count)!),
    ];

    /// <summary>The comparisons of a list of servers: each with the reference, and direct reads with reads through the page
    /// cache.</summary>
    public static IReadOnlyList<ComparedPair> Compared(IReadOnlyList<string> servers) =>
    [
        .. servers.Where(server => server != FileServers.Reference && servers.Contains(FileServers.Reference))
            .Select(server => new ComparedPair(FileServers.Reference, server)),
        .. FileServers.Rings.Where(pair => servers.Contains(pair.A) && servers.Contains(pair.B)),
        .. FileServers.Threshold.Where(pair => servers.Contains(pair.A) && servers.Contains(pair.B))
            .Select(pair => pair with { Headlines = ThresholdHeadlines }),
    ];

    private static Plan Make(IEnumerable<Candidate> servers, IEnumerable<Work> works, int seconds) => new("files", [.. servers], [.. works])
    {
        Attempts = 2,
        Settings = new MeasureSettings
        {
            Window = TimeSpan.FromSeconds(seconds),
            WarmUp = new WarmUp(TimeSpan.FromSeconds(seconds), TimeSpan.FromSeconds(seconds)),
        },
    };

    private static bool IsOfSize(Work work) => work.Name.StartsWith(FileWorks.SizePrefix, StringComparison.Ordinal);
}
