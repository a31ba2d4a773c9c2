using System.CommandLine;
using Soak.Load;

namespace Soak.Commands;

/// <summary><c>soak expiry</c>.</summary>
internal static class ExpiryCommand
{
    public static Command Make()
    {
        SharedOptions shared = new SharedOptions();
        Option<int> connections =
            new Option<int>("--connections")
            {
                Description = "how many connections; each takes a descriptor here and one of the server's",
                DefaultValueFactory = _ => 19_000
            };
        Option<double> keepAlive =
            new Option<double>("--keep-alive") { Description = "Kestrel's KeepAliveTimeout in seconds", DefaultValueFactory = _ => 60 };
        Command command = new Command("expiry", "end idle connections all at once, by Kestrel's keep-alive timeout and by a graceful stop")
        {
            connections, keepAlive
        };
        shared.AddTo(command);
        command.SetAction(async (parsed, _) =>
        {
            Limits.Within("--connections", parsed.GetValue(connections), 1, 60_000);
            Limits.Within("--keep-alive", parsed.GetValue(keepAlive), 10, 3600);
            return await ExpirySoak.RunAsync(shared.Read(parsed), parsed.GetValue(connections),
                TimeSpan.FromSeconds(parsed.GetValue(keepAlive)));
        });
        return command;
    }
}
