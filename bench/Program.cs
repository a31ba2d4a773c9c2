using System.CommandLine;
using Bench.Commands;

var root = new RootCommand("Load tests of Kestrel transports: which one is better, by how much, and how sure that is.")
{
    AbCommand.Make(),
    ModelsCommand.Make(),
    FilesCommand.Make(),
    ReportCommand.Make(),
};
root.SetAction((_, cancellation) => EverythingCommand.RunAsync(cancellation));

try
{
    return await root.Parse(args).InvokeAsync(new InvocationConfiguration { EnableDefaultExceptionHandler = false });
}
catch (Exception error) when (error is FormatException or InvalidDataException or InvalidOperationException or FileNotFoundException)
{
    await Console.Error.WriteLineAsync($"bench: {error.Message}");
    return 2;
}
catch (OperationCanceledException)
{
    return 130;
}
