using Bench.Results;
using Spectre.Console;

namespace Bench.Commands;

/// <summary>What the commands share: where to talk to, progress, and what becomes of the result.</summary>
internal sealed class Session
{
    private readonly IAnsiConsole _console;
    private readonly bool _json;

    public Session(bool json)
    {
        _json = json;

        // With --json standard output is for the machine; people read standard error.
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
    /// Runs something that says what it is doing; a terminal shows the last word beside a spinner, a log file has a line for each.
    /// </summary>
    public async Task<T> ShowAsync<T>(Func<Action<string>, Task<T>> run)
    {
        if (!_console.Profile.Capabilities.Interactive)
        {
            return await run(what => _console.MarkupLineInterpolated($"[grey]{DateTime.Now:HH:mm:ss} {what}[/]"));
        }

        return await _console.Status().StartAsync("starting", context => run(what => context.Status(Markup.Escape(what))));
    }

    /// <summary>Runs something that Ctrl-C may end at any point: what it has measured by then is kept. The same Ctrl-C reaches servers and
    /// clients, which may fail before the bench hears of it.</summary>
    public static async Task KeepingAsync(Action<string> say, Func<Task> run, CancellationToken cancellation)
    {
        try
        {
            await run();
        }
        catch (Exception) when (cancellation.IsCancellationRequested)
        {
            say("stopped: what has been measured so far is kept");
        }
    }

    /// <summary>Saves the result, and prints it where --json asks for it.</summary>
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
