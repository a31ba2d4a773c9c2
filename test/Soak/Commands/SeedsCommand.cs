using System.CommandLine;
using Soak.Load;

namespace Soak.Commands;

/// <summary><c>soak seeds</c>.</summary>
internal static class SeedsCommand
{
    private const int MostSeeds = 1_000_000;

    public static Command Make()
    {
        Option<string> transports = new Option<string>("--transport")
        {
            Description = "transports, separated by commas",
            DefaultValueFactory = _ => "epoll,poll,rtsig"
        };
        Option<int> count = new Option<int>("--count") { Description = "how many seeds on each", DefaultValueFactory = _ => 2000 };
        Option<int?> seed = new Option<int?>("--seed") { Description = "the first seed (another one each run)" };
        Option<int> exchanges =
            new Option<int>("--exchanges") { Description = "requests of each of the six clients of a seed", DefaultValueFactory = _ => 40 };
        Option<int> faults = new Option<int>("--faults")
        {
            Description = "how many of 1,000 libc calls meet a fault, 0 to 900",
            DefaultValueFactory = _ => 50
        };
        Command command = new Command("seeds", "the random clients of the tests, with many seeds") { transports, count, seed, exchanges,
            faults };
        command.SetAction(async (parsed, _) =>
        {
            Limits.Within("--count", parsed.GetValue(count), 1, MostSeeds);
            Limits.Within("--exchanges", parsed.GetValue(exchanges), 1, 100_000);
            Limits.Within("--faults", parsed.GetValue(faults), 0, 900);
            string[] names = parsed.GetValue(transports)!.Split(',',
                StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
            foreach (string name in names)
            {
                SharedOptions.CheckTransport(name);
            }

            return await SeedsSoak.RunAsync(names, parsed.GetValue(seed) ?? Random.Shared.Next(1_000_000_000), parsed.GetValue(count),
                parsed.GetValue(exchanges),
                parsed.GetValue(faults), SharedOptions.CommandLine);
        });
        return command;
    }
}
