using System.CommandLine;
using System.CommandLine.Parsing;
using Bench.Commands;

RootCommand root = new RootCommand("Load tests of Kestrel transports and file servers.")
{
    AbCommand.Make(AbSuite.Ab),
    AbCommand.Make(AbSuite.Arena),
    ModelsCommand.Make(),
    FilesCommand.Make(),
    ReportCommand.Make(),
};
root.SetAction((_, cancellation) => EverythingCommand.RunAsync(cancellation));

ParseResult parsed = root.Parse(args);
if (parsed.Errors.Count > 0)
{
    foreach (ParseError error in parsed.Errors)
    {
        await Console.Error.WriteLineAsync($"bench: {error.Message}");
    }

    await Console.Error.WriteLineAsync("bench: run with --help for usage");
    return ExitCodes.Wrong;   // the library's exit code 1 means "slower" here
}

try
{
    return await parsed.InvokeAsync(new InvocationConfiguration
    {
        EnableDefaultExceptionHandler = false,
        // after Ctrl-C servers are stopped, at most 10 s each, and the result is saved
        ProcessTerminationTimeout = TimeSpan.FromSeconds(30),
    });
}
catch (Exception error) when (error is FormatException or InvalidDataException or InvalidOperationException or IOException
    or UnauthorizedAccessException or HttpRequestException or System.Net.Sockets.SocketException or System.ComponentModel.Win32Exception)
{
    await Console.Error.WriteLineAsync($"bench: {error.Message}");
    return ExitCodes.Wrong;
}
catch (OperationCanceledException)
{
    return ExitCodes.Stopped;
}
