using System.CommandLine;
using Soak.Server;

namespace Soak.Commands;

/// <summary><c>soak server</c>: the process that the other commands start. Not in the help.</summary>
internal static class ServerCommand
{
    public static Command Make()
    {
        Option<string> transport = new Option<string>("--transport") { Required = true };
        Option<string[]> set = new Option<string[]>("--set");
        Option<int> faults = new Option<int>("--faults");
        Option<ulong> seed = new Option<ulong>("--seed");
        Option<double> keepAlive = new Option<double>("--keep-alive") { DefaultValueFactory = _ => 130 };
        Option<string?> files = new Option<string?>("--files");
        Command command = new Command("server", "the server of a soak; stops at the end of its standard input") { transport, set, faults,
            seed, keepAlive, files };
        command.Hidden = true;
        command.SetAction((parsed, _) => SoakServer.RunAsync(new ServerSettings
        {
            Transport = parsed.GetValue(transport)!,
            Set = parsed.GetValue(set) ?? [],
            FaultsPerThousand = parsed.GetValue(faults),
            Seed = parsed.GetValue(seed),
            KeepAlive = TimeSpan.FromSeconds(parsed.GetValue(keepAlive)),
            Files = parsed.GetValue(files),
        }));
        return command;
    }
}
