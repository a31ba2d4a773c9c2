using System.CommandLine;
using Soak.Load;

namespace Soak.Commands;

/// <summary><c>soak</c> without a command: the mixed load.</summary>
internal static class MixedCommand
{
    public static void AddTo(RootCommand root)
    {
        SharedOptions shared = new SharedOptions();
        Option<double> minutes = new Option<double>("--minutes") { Description = "how long", DefaultValueFactory = _ => 2 };
        Option<string?> only = new Option<string?>(
            "--clients")
        { Description = $"kinds of clients, separated by semicolons (all): {string.Join("; ", ClientMix.Names)}" };
        shared.AddTo(root);
        root.Options.Add(minutes);
        root.Options.Add(only);
        root.SetAction(async (parsed, _) =>
        {
            Limits.Within("--minutes", parsed.GetValue(minutes), 0.1, 7 * 24 * 60);
            return await MixedSoak.RunAsync(shared.Read(parsed), TimeSpan.FromMinutes(parsed.GetValue(minutes)),
                Kinds(parsed.GetValue(only)));
        });
    }

    private static string[]? Kinds(string? list)
    {
        string[]? kinds = list?.Split(';', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
        return kinds?.FirstOrDefault(kind => !ClientMix.Names.Contains(kind)) is { } unknown
            ? throw new FormatException($"--clients {unknown}: not one of {string.Join("; ", ClientMix.Names)}")
            : kinds;
    }
}
