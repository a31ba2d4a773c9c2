using Bench.Load;
using Bench.Servers;

namespace Bench.Report;

/// <summary>Runs Report/render.mjs: a result in, SVG pictures out. ECharts comes from npm, into a folder of the bench's own.</summary>
internal static class Pictures
{
    private static string Folder => Path.Combine(Repository.BenchFolder, "Report");

    /// <summary>Why there can be no pictures; null when there can.</summary>
    public static async Task<string?> PrepareAsync(CancellationToken cancellation)
    {
        if (!Tool.Node.IsHere)
        {
            return $"pictures: {Tool.Node.Missing}";
        }

        if (Directory.Exists(Path.Combine(Folder, "node_modules", "echarts")))
        {
            return null;
        }

        if (!Tool.Npm.IsHere)
        {
            return $"pictures: {Tool.Npm.Missing}";
        }

        ChildProcess.Ended install = await ChildProcess.RunAsync(["npm", "ci", "--prefix", Folder, "--no-audit", "--no-fund"], _ => { }, cancellation);
        return install.ExitCode == 0 ? null : $"pictures: npm ci failed: {install.LastWords}";
    }

    /// <summary>Paths of the pictures of one result.</summary>
    /// <exception cref="InvalidOperationException">The script failed; the message has its last words.</exception>
    public static async Task<IReadOnlyList<string>> RenderAsync(string result, string folder, CancellationToken cancellation)
    {
        ChildProcess.Ended run = await ChildProcess.RunAsync(["node", Path.Combine(Folder, "render.mjs"), Path.GetFullPath(result), folder], _ => { }, cancellation);
        return run.ExitCode == 0
            ? run.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)
            : throw new InvalidOperationException($"render.mjs failed: {run.Errors.Trim()}");
    }
}
