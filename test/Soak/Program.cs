using System.CommandLine;
using System.CommandLine.Parsing;
using Soak.Commands;

RootCommand root = new RootCommand(
    "Load for hours, with faults in the server's libc calls; every byte is checked, and nothing may leak or grow.")
{
    ChurnCommand.Make(),
    IdleCommand.Make(),
    ExpiryCommand.Make(),
    SeedsCommand.Make(),
    ServerCommand.Make(),
};
MixedCommand.AddTo(root);

ParseResult parsed = root.Parse(args);
if (parsed.Errors.Count > 0)
{
    foreach (ParseError error in parsed.Errors)
    {
        await Console.Error.WriteLineAsync($"soak: {error.Message}");
    }

    await Console.Error.WriteLineAsync("soak: --help lists commands and options");
    return ExitCodes.Wrong;
}

try
{
    return await parsed.InvokeAsync(new InvocationConfiguration { EnableDefaultExceptionHandler = false });
}
catch (Exception error) when (error is FormatException or InvalidOperationException or IOException or UnauthorizedAccessException
    or System.Net.Sockets.SocketException or System.ComponentModel.Win32Exception)
{
    await Console.Error.WriteLineAsync($"soak: {error.Message}");
    return ExitCodes.Wrong;
}
catch (OperationCanceledException)
{
    return ExitCodes.Stopped;
}
