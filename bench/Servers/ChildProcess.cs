using System.Diagnostics;

namespace Bench.Servers;

/// <summary>Starts programs and collects their output.</summary>
internal static class ChildProcess
{
    /// <summary>Runs a command to its end; cancellation kills it.</summary>
    public static async Task<Ended> RunAsync(string[] command, Action<int> started, CancellationToken cancellation)
    {
        using Process process = Start(command);
        started(process.Id);
        Task<string> output = process.StandardOutput.ReadToEndAsync(CancellationToken.None);
        Task<string> errors = process.StandardError.ReadToEndAsync(CancellationToken.None);
        try
        {
            await process.WaitForExitAsync(cancellation);
        }
        catch (OperationCanceledException)
        {
            process.Kill();
            await process.WaitForExitAsync(CancellationToken.None);
            throw;
        }

        return new Ended(process.ExitCode, await output, await errors);
    }

    /// <summary>Runs a command and returns its output; null when it cannot be started or fails.</summary>
    public static async Task<string?> TryReadAsync(params string[] command)
    {
        try
        {
            Ended ended = await RunAsync(command, _ => { }, CancellationToken.None);
            return ended.ExitCode == 0 ? ended.Output.Trim() : null;
        }
        catch (System.ComponentModel.Win32Exception)
        {
            return null;
        }
    }

    /// <summary>Starts a command with its output redirected.</summary>
    public static Process Start(string[] command, IReadOnlyDictionary<string, string>? environment = null, string? folder = null)
    {
        ProcessStartInfo start = new ProcessStartInfo(command[0])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = folder ?? "",
        };
        foreach (string? argument in command.AsSpan(1))
        {
            start.ArgumentList.Add(argument);
        }

        foreach ((string? name, string? value) in environment ?? new Dictionary<string, string>())
        {
            start.Environment[name] = value;
        }

        return Process.Start(start) ?? throw new InvalidOperationException($"The command {command[0]} did not start.");
    }

    internal sealed record Ended(int ExitCode, string Output, string Errors)
    {
        /// <summary>The last line of output, for error messages.</summary>
        public string LastLine => (Errors + "\n" + Output)
            .Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries).LastOrDefault("(no output)");
    }
}
