using System.CommandLine;
using Soak.Load;

namespace Soak.Commands;

/// <summary>The options that every soak has.</summary>
internal sealed class SharedOptions
{
    private const int DefaultFaults = 20;

    /// <summary>As it was typed.</summary>
    public static string CommandLine => "./build.sh soak " + string.Join(' ', Environment.GetCommandLineArgs().Skip(1));

    private static IEnumerable<string> Names => TransportCatalogue.All.Concat(TransportCatalogue.Variants).Select(one => one.Name);

    public Option<string> Transport { get; } = new Option<string>("--transport")
    {
        Description = $"the transport: {string.Join(", ", Names)}",
        DefaultValueFactory = _ => "epoll",
    };

    public Option<string[]> Set { get; } =
        new Option<string[]>("--set") { Description = "an option of the transport, such as ApplicationScheduling=Inline; may be repeated" };

    public Option<long?> Seed { get; } =
        new Option<long?>("--seed") { Description = "decides what each client does and which calls fail (another one each run)" };

    public Option<int> Faults { get; } =
        new Option<int>("--faults")
        {
            Description = "how many of 1,000 libc calls of the server meet a fault, 0 to 900",
            DefaultValueFactory = _ => DefaultFaults
        };

    /// <exception cref="FormatException">There is no such transport.</exception>
    public static void CheckTransport(string name)
    {
        if (!Names.Contains(name))
        {
            throw new FormatException($"--transport {name}: not one of {string.Join(", ", Names)}");
        }
    }

    public void AddTo(Command command)
    {
        command.Options.Add(Transport);
        command.Options.Add(Set);
        command.Options.Add(Seed);
        command.Options.Add(Faults);
    }

    /// <exception cref="FormatException">A value is out of range.</exception>
    public SoakPlan Read(ParseResult parsed)
    {
        int faults = parsed.GetValue(Faults);
        Limits.Within("--faults", faults, 0, 900);
        string transport = parsed.GetValue(Transport)!;
        CheckTransport(transport);
        long seed = parsed.GetValue(Seed) ?? Random.Shared.Next(1_000_000);
        Limits.Within("--seed", seed, 0, int.MaxValue);
        return new SoakPlan
        {
            Transport = transport,
            Set = parsed.GetValue(Set) ?? [],
            Seed = (ulong)seed,
            Faults = faults,
            Command = CommandLine,
        };
    }
}
