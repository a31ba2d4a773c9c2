using System.CommandLine;
using Soak.Load;

namespace Soak.Commands;

/// <summary><c>soak idle</c>.</summary>
internal static class IdleCommand
{
    public static Command Make()
    {
        SharedOptions shared = new SharedOptions();
        Option<int> connections =
            new Option<int>("--connections")
            {
                Description = "how many connections; each takes a descriptor here and one of the server's",
                DefaultValueFactory = _ => 15_000
            };
        Option<double> minutes = new Option<double>("--minutes") { Description = "how long they are idle", DefaultValueFactory = _ => 20 };
        Command command = new Command("idle", "hold idle keep-alive connections, then use each again") { connections, minutes };
        shared.AddTo(command);
        command.SetAction(async (parsed, _) =>
        {
            Limits.Within("--connections", parsed.GetValue(connections), 1, 60_000);
            Limits.Within("--minutes", parsed.GetValue(minutes), 0, 24 * 60);
            return await IdleSoak.RunAsync(shared.Read(parsed), parsed.GetValue(connections),
                TimeSpan.FromMinutes(parsed.GetValue(minutes)));
        });
        return command;
    }
}
