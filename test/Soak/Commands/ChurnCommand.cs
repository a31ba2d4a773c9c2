using System.CommandLine;
using Soak.Load;

namespace Soak.Commands;

/// <summary><c>soak churn</c>.</summary>
internal static class ChurnCommand
{
    public static Command Make()
    {
        SharedOptions shared = new SharedOptions();
        Option<long> connections =
            new Option<long>("--connections") { Description = "how many connections in all", DefaultValueFactory = _ => 1_000_000 };
        Option<int> clients = new Option<int>("--clients") { Description = "how many at once", DefaultValueFactory = _ => 32 };
        Command command = new Command("churn", "open, use and close connections") { connections, clients };
        shared.AddTo(command);
        command.SetAction(async (parsed, _) =>
        {
            Limits.Within("--connections", parsed.GetValue(connections), 100, 1_000_000_000);
            Limits.Within("--clients", parsed.GetValue(clients), 1, 1000);
            return await ChurnSoak.RunAsync(shared.Read(parsed), parsed.GetValue(connections), parsed.GetValue(clients));
        });
        return command;
    }
}
