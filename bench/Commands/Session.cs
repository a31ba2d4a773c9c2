using Bench.Results;
using Spectre.Console;

namespace Bench.Commands;

/// <summary>The output of a command: progress, tables and the saved result.</summary>
internal sealed class Session
{
    private readonly IAnsiConsole _console;
    private readonly bool _json;

    public Session(bool json)
    {
        _json = json;

        // With --json, standard output contains only JSON.
        bool isFile = json ? Console.IsErrorRedirected : Console.IsOutputRedirected;
        _console = AnsiConsole.Create(new AnsiConsoleSettings
        {
            Out = new AnsiConsoleOutput(json ? Console.Error : Console.Out),
            Ansi = isFile ? AnsiSupport.No : AnsiSupport.Detect,
            Interactive = isFile ? InteractionSupport.No : InteractionSupport.Detect,
        });
        if (isFile)
        {
            _console.Profile.Width = 220;
        }
    }

    public IAnsiConsole Out => _console;

    /// <summary>
    /// Runs a function that reports progress. A terminal shows the latest message beside a spinner; a file gets one line per message.
    /// </summary>
    public async Task<T> ShowAsync<T>(Func<Action<string>, Task<T>> run)
    {
        if (!_console.Profile.Capabilities.Interactive)
        {
            return await run(what => _console.MarkupLineInterpolated($"[grey]{DateTime.Now:HH:mm:ss} {what}[/]"));
        }

        return await _console.Status().StartAsync("starting", context => run(what => context.Status(Markup.Escape(what))));
    }

    /// <summary>Saves the result, and prints it with --json.</summary>
    public void Finish(ResultFile result)
    {
        foreach (string skipped in result.Skipped)
        {
            _console.MarkupLineInterpolated($"[yellow]skipped: {skipped}[/]");
        }

        _console.MarkupLineInterpolated($"[grey]saved {result.Save()}[/]");
        if (_json)
        {
            Console.Out.WriteLine(result.ToJson());
        }
    }
}
