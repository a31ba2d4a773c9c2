using System.CommandLine;
using System.CommandLine.Parsing;
using Bench.Commands;

RootCommand root = new RootCommand("Load tests of Kestrel transports: which one is better, by how much, and how sure that is.")
{
    AbCommand.Make(),
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

    await Console.Error.WriteLineAsync("bench: --help tells what can be said");
    return ExitCodes.Wrong;   // the library's own 1 would say "slower" to a script
}

try
{
    return await parsed.InvokeAsync(new InvocationConfiguration
    {
        EnableDefaultExceptionHandler = false,
        ProcessTerminationTimeout = TimeSpan.FromSeconds(30),   // after Ctrl-C two servers are ended, ten seconds each at most, and the result is written
    });
}
catch (Exception error) when (error is FormatException or InvalidDataException or InvalidOperationException or IOException or UnauthorizedAccessException
    or HttpRequestException or System.Net.Sockets.SocketException or System.ComponentModel.Win32Exception)
{
    await Console.Error.WriteLineAsync($"bench: {error.Message}");
    return ExitCodes.Wrong;
}
catch (OperationCanceledException)
{
    return ExitCodes.Stopped;
}
