using System.Globalization;
using System.Text;
using Soak.Commands;

namespace Soak.Reporting;

/// <summary>The result of <c>soak seeds</c>.</summary>
internal static class SeedsReport
{
    /// <returns>The exit code.</returns>
    public static async Task<int> FinishAsync(IReadOnlyList<string> rows, IReadOnlyList<string> failures, int firstSeed, string command)
    {
        DateTime now = DateTime.UtcNow;
        StringBuilder text = new StringBuilder();
        text.AppendLine(CultureInfo.InvariantCulture, $"# Random clients: {(failures.Count == 0 ? "passed" : "failed")}").AppendLine()
            .AppendLine(CultureInfo.InvariantCulture, $"- {now:yyyy-MM-dd HH:mm} UTC, first seed {firstSeed}")
            .AppendLine(CultureInfo.InvariantCulture, $"- Command: `{command}`")
            .AppendLine(CultureInfo.InvariantCulture,
                $"- Machine: {Environment.ProcessorCount} processors, {Environment.OSVersion.VersionString}, .NET {Environment.Version}")
            .AppendLine()
            .AppendLine("| Transport | Seeds | Exchanges | Failed seeds | Time |").AppendLine("|---|--:|--:|--:|--:|");
        foreach (string row in rows)
        {
            text.AppendLine(row);
        }

        text.AppendLine();
        SoakTables.Lines(text, "Failures", failures);
        string folder = Path.Combine("artifacts", "soak");
        Directory.CreateDirectory(folder);
        string file = Path.Combine(folder, string.Create(CultureInfo.InvariantCulture, $"{now:yyyy-MM-dd-HHmmss}-seeds.md"));
        await File.WriteAllTextAsync(file, text.ToString());
        Console.WriteLine(text);
        Progress.Say($"{(failures.Count == 0 ? "Passed" : "FAILED")}: {file}");
        return failures.Count == 0 ? ExitCodes.Good : ExitCodes.Failed;
    }
}
