using System.CommandLine;
using Bench.Plans;
using Bench.Servers;
using Bench.Statistics;
using Bench.Works;

namespace Bench.Commands;

/// <summary>The arguments and options of <c>bench ab</c> and <c>bench arena</c>.</summary>
internal sealed class AbOptions
{
    private readonly AbSuite _suite;
    private readonly Argument<string> _a;
    private readonly Argument<string> _b;
    private readonly Option<string> _work;

    public AbOptions(AbSuite suite)
    {
        _suite = suite;
        _a = new Argument<string>("A") { Description = $"The reference: {ServerSpec.Help}." };
        _b = new Argument<string>("B") { Description = "The server that the verdict is about, in the same form." };
        if (suite.Servers is { } servers)
        {
            (_a.DefaultValueFactory, _b.DefaultValueFactory) = (_ => servers.A, _ => servers.B);
        }

        _work = new Option<string>("--work", "--works")
        {
            Description = $"Comma-separated works or groups ({string.Join(", ", suite.Groups.Keys)}), or all. "
                + $"Works: {string.Join(", ", suite.List(1, 0).Select(work => work.Name))}.",
            DefaultValueFactory = _ => suite.Default,
        };
    }

    private readonly Option<string> _cores = new("--cores")
    {
        Description = $"{CorePlacement.Help} On shared processors, works are compared by CPU time and requests per second.",
        DefaultValueFactory = _ => CorePlacement.Split.Name,
    };

    private readonly Option<int?> _pairs = new("--pairs")
    {
        Description = $"Pairs of measurements per work, at least {PairedValues.MinimumPairs} (with --works {AllWorks.Table} 1). "
            + "Default: 12; with --short 6. "
            + $"With --works {AllWorks.Table} 5; with --short 3, and 2 of works that need a process for each measurement.",
    };

    private readonly Option<int?> _generations = new("--generations")
    {
        Description = "Pairs of processes that the measurements are spread over. Default: 3; with --short 2. With --works "
            + $"{AllWorks.Table} 2; with --short 1.",
    };

    private readonly Option<double?> _seconds = new("--seconds")
    {
        Description = "Length of a measurement in seconds, 1 to 600. Default: 1.",
    };

    private readonly Option<double> _rate = new("--rate")
    {
        Description = "Requests per second of the work steady.",
        DefaultValueFactory = _ => 10_000,
    };

    private readonly Option<int> _idle = new("--idle")
    {
        Description = "Idle keep-alive connections held during every load.",
        DefaultValueFactory = _ => 0,
    };

    private readonly Option<string?> _metric = new("--metric")
    {
        Description = $"Comma-separated figures to compare instead of the work's own: {string.Join(", ", Headline.ByName.Keys)}.",
    };

    private readonly Option<string> _margin = new("--margin")
    {
        Description = "Differences smaller than this share are reported as no difference.",
        DefaultValueFactory = _ => "3%",
    };

    private readonly Option<string> _others = new("--others")
    {
        Description = "Share of the server's processors that other processes may use before a cell is refused.",
        DefaultValueFactory = _ => "10%",
    };

    private readonly Option<bool> _short = new("--short") { Description = "Use a shorter warm-up and fewer pairs." };

    public Option<string?> FailIfSlower { get; } = new("--fail-if-slower")
    {
        Description = "Exit with code 1 if B is worse by more than this share at any work, for example 3%; with code 3 if a work has no "
            + "verdict.",
    };

    public Option<int> Repeat { get; } = new("--repeat")
    {
        Description = "Number of runs, each with a result of its own. Exit with code 1 unless nine in ten (of fewer than ten, all) have "
            + "the same verdict.",
        DefaultValueFactory = _ => 1,
    };

    public Option<bool> Json { get; } = new("--json")
    {
        Description = "Write the result of each run as JSON to standard output and everything else to standard error.",
    };

    public void AddTo(Command command)
    {
        command.Add(_a);
        command.Add(_b);
        foreach (Option option in new Option[]
        {
            _work, _cores, _pairs, _generations, _seconds, _rate, _idle, _metric, _margin, _others, FailIfSlower, Repeat, _short, Json,
        })
        {
            command.Add(option);
        }
    }

    /// <exception cref="FormatException">A value is not allowed; the message names the option and the allowed values.</exception>
    public Plan ReadPlan(ParseResult parsed)
    {
        bool table = _suite.Many
            || parsed.GetValue(_work)!.Split(',', StringSplitOptions.TrimEntries).Contains(AllWorks.Table);
        Limits.Within("--pairs", parsed.GetValue(_pairs), table ? 1 : PairedValues.MinimumPairs, 1000);
        Limits.Within("--generations", parsed.GetValue(_generations), 1, 1000);
        Limits.Within("--seconds", parsed.GetValue(_seconds), 1, 600);
        Limits.Within("--rate", parsed.GetValue(_rate), 1, 1_000_000);
        Limits.Within("--idle", parsed.GetValue(_idle), 0, 60_000);
        Limits.Within("--repeat", parsed.GetValue(Repeat), 1, 100);
        CorePlacement cores = CorePlacement.Parse(parsed.GetValue(_cores)!);
        IReadOnlyList<Work> works = Judged(
            Chosen.Of("--work", parsed.GetValue(_work)!, _suite.List(parsed.GetValue(_rate), parsed.GetValue(_idle)), one => one.Name,
                _suite.Groups),
            parsed.GetValue(_metric), cores);

        bool brief = parsed.GetValue(_short);
        int pairs = parsed.GetValue(_pairs) ?? (table ? brief ? 3 : 5 : brief ? 6 : 12);
        int generations = parsed.GetValue(_generations) ?? (table ? brief ? 1 : 2 : brief ? 2 : 3);
        return _suite.MakePlan(ServerSpec.Parse(parsed.GetValue(_a)!), ServerSpec.Parse(parsed.GetValue(_b)!), works) with
        {
            Rounds = pairs,
            Generations = Math.Min(generations, pairs),
            SeparateRounds = table && brief ? Math.Min(pairs, 2) : null,
            Attempts = table && brief ? 2 : 3,
            Goals = table && !_suite.Many ? Goals.Of(cores) : [],
            Margin = Share.Parse(parsed.GetValue(_margin)!),
            Cores = cores,
            Settings = new MeasureSettings
            {
                Window = TimeSpan.FromSeconds(parsed.GetValue(_seconds) ?? 1),
                WarmUp = table && brief ? WarmUp.Brief : brief ? WarmUp.Short : WarmUp.Thorough,
                Acceptance = new AcceptanceRules(Share.Parse(parsed.GetValue(_others)!)),
            },
        };
    }

    /// <summary>Reads a command line of <c>bench ab</c>, for tests.</summary>
    internal static Plan ReadPlan(params string[] arguments)
    {
        AbOptions options = new AbOptions(AbSuite.Ab);
        Command command = new Command("ab");
        options.AddTo(command);
        return options.ReadPlan(command.Parse(arguments));
    }

    /// <summary>Applies <c>--metric</c>. On shared processors, works judged by CPU time are also judged by requests per second.</summary>
    internal static IReadOnlyList<Work> Judged(IReadOnlyList<Work> works, string? metrics, CorePlacement cores)
    {
        if (metrics is not null)
        {
            Headline[] headlines = metrics.Split(',', StringSplitOptions.TrimEntries)
                .Select(name => Headline.ByName.TryGetValue(name, out Headline? known)
                ? known
                : throw new FormatException($"--metric is '{name}'; allowed: {string.Join(", ", Headline.ByName.Keys)}")).ToArray();
            return [.. works.Select(work => work with { Headline = headlines[0], Also = headlines[1..] })];
        }

        return cores == CorePlacement.Shared
            ? [.. works.Select(work => work is LoadWork { OpenLoop: false } && work.Headline == Headline.Cpu
                ? work with { Also = [Headline.Throughput] } : work)]
            : works;
    }
}
