using Bench.Results;
using Bench.Works;

namespace Bench.Files;

/// <summary>The goals of this project for files: the works of <c>bench files --works table</c> and their limits.</summary>
internal static class FileGoals
{
    private const string Alone = "alone", Cold = "large-8", Warm = "large-8-warm", Ranges = "ranges-half", Medium = "medium",
        Small = "small", Stalled = "stalled";

    private const double Kibibyte = 1024;

    /// <summary>The goals, in the order of the table.</summary>
    public static readonly IReadOnlyList<Goal> All =
    [
        Cpu(Medium, FileServers.Direct, 0.55),
        Cpu(Medium, FileServers.DirectInline, 0.52),
        Cpu(Medium, FileServers.DirectInline, 1.05, FileServers.NginxSendFile),
        Cpu(Medium, FileServers.StaticOnEpoll, 0.60),
        Cpu(Small, FileServers.Direct, 0.40),
        Cpu(Small, FileServers.DirectInline, 0.36),
        Cpu(Small, FileServers.DirectInline, 1.25, FileServers.NginxSendFile),
        Throughput(Warm, 1.5),
        Cpu(Warm, FileServers.Direct, 0.50),
        Throughput(Warm, 0.95, FileServers.NginxSendFile),
        Throughput(Cold, 1.3),
        Cpu(Cold, FileServers.Direct, 0.20),
        Throughput(Cold, 1.0, FileServers.NginxDirect),
        new Goal(Cold, Headline.BesideTail.Name, 1, IsRatio: false) { Server = FileServers.Direct, Without = Alone },
        Throughput(Ranges, 3),
        new Goal(Ranges, Headline.Tail.Name, 0.25) { Server = FileServers.Direct, Reference = FileServers.Reference },
        Throughput(Ranges, 1.2, FileServers.NginxSendFile),
        Throughput(Ranges, 1.2, FileServers.NginxDirect),
        new Goal(Stalled, Headline.Memory.Name, 64 * Kibibyte, IsRatio: false) { Server = FileServers.Direct },
        new Goal(Stalled, Headline.Memory.Name, 1) { Server = FileServers.Direct, Reference = FileServers.NginxSendFile },
    ];

    /// <summary>The names of the works.</summary>
    public static readonly IReadOnlySet<string> Works = All.Select(goal => goal.Work).Append(Alone).ToHashSet();

    private static Goal Cpu(string work, string server, double limit, string reference = FileServers.Reference) =>
        new(work, Headline.CpuPerGibibyte.Name, limit) { Server = server, Reference = reference };

    private static Goal Throughput(string work, double limit, string reference = FileServers.Reference) =>
        new(work, Headline.BytesPerSecond.Name, limit, LowerIsBetter: false) { Server = FileServers.Direct, Reference = reference };
}
