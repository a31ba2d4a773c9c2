using System.Diagnostics;
using System.Text.RegularExpressions;

namespace Transport.Tests.Documentation;

/// <summary>The units of docs/systemd.md are what systemd accepts without a warning.</summary>
public sealed partial class UnitFileTests
{
    [Fact]
    public async Task Systemd_accepts_the_units()
    {
        Assert.SkipUnless(File.Exists("/usr/bin/systemd-analyze"), "systemd-analyze is not installed (Debian package systemd).");
        Assert.SkipUnless(File.Exists("/usr/bin/dotnet"), "ExecStart= of the unit, /usr/bin/dotnet, is not there.");
        string[] units = [.. Unit().Matches(await File.ReadAllTextAsync(Path.Combine(Pages.Root, "docs", "systemd.md")))
            .Select(static match => match.Groups[1].Value)];
        Assert.Equal(2, units.Length);
        string folder = Directory.CreateTempSubdirectory("units-").FullName;
        try
        {
            string service = Path.Combine(folder, "myapp.service");
            string socket = Path.Combine(folder, "myapp.socket");
            await File.WriteAllTextAsync(service, units[0]);
            await File.WriteAllTextAsync(socket, units[1]);
            using Process analyze = Process.Start(
                new ProcessStartInfo("/usr/bin/systemd-analyze", ["verify", service, socket]) { RedirectStandardError = true })!;
            string printed = await analyze.StandardError.ReadToEndAsync();
            await analyze.WaitForExitAsync().WithinDeadline();

            // Lines about other units of the machine name those.
            Assert.DoesNotContain("myapp", printed, StringComparison.Ordinal);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    [GeneratedRegex("```ini\n(.*?)```", RegexOptions.Singleline)]
    private static partial Regex Unit();
}
