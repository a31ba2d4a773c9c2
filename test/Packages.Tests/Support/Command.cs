using System.Diagnostics;

namespace Packages.Tests.Support;

/// <summary>Runs a command to its end.</summary>
internal static class Command
{
    /// <summary>NativeAOT takes minutes on a machine that does other work besides.</summary>
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(15);

    /// <summary>Fails the test with all that the command printed if it exits with anything but 0.</summary>
    /// <returns>What it printed.</returns>
    public static async Task<string> RunAsync(
        string folder, IReadOnlyDictionary<string, string>? environment, string program, params string[] arguments)
    {
        (int exitCode, string printed) = await TryRunAsync(folder, environment, program, arguments);
        Assert.True(exitCode == 0, $"{program} {string.Join(' ', arguments)} exited with {exitCode}:\n{printed}");
        return printed;
    }

    /// <summary>Runs a command that may fail.</summary>
    /// <returns>The exit code, and all that the command printed.</returns>
    public static async Task<(int ExitCode, string Printed)> TryRunAsync(
        string folder, IReadOnlyDictionary<string, string>? environment, string program, params string[] arguments)
    {
        ProcessStartInfo start = new(program, arguments)
        {
            WorkingDirectory = folder,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        foreach ((string name, string value) in environment ?? new Dictionary<string, string>())
        {
            start.Environment[name] = value;
        }

        // The test host's own MSBuild and SDK variables must not reach another SDK process.
        foreach (string name in start.Environment.Keys.Where(static name => name.StartsWith("MSBUILD", StringComparison.Ordinal)).ToArray())
        {
            start.Environment.Remove(name);
        }

        // Build servers outlive the command, and keep its pipes open.
        start.Environment["MSBUILDDISABLENODEREUSE"] = "1";
        start.Environment["DOTNET_CLI_USE_MSBUILD_SERVER"] = "0";
        start.Environment["UseSharedCompilation"] = "false";
        start.Environment["DOTNET_NOLOGO"] = "1";
        start.Environment["DOTNET_CLI_TELEMETRY_OPTOUT"] = "1";

        using Process process = Process.Start(start)!;
        using CancellationTokenSource limit = new(Limit);
        Task<string> output = process.StandardOutput.ReadToEndAsync(limit.Token);
        Task<string> error = process.StandardError.ReadToEndAsync(limit.Token);
        try
        {
            await process.WaitForExitAsync(limit.Token);
        }
        catch (OperationCanceledException)
        {
            process.Kill(entireProcessTree: true);
            throw new TimeoutException($"{program} {string.Join(' ', arguments)} did not end within {Limit.TotalMinutes} minutes.");
        }

        return (process.ExitCode, await output + await error);
    }
}
