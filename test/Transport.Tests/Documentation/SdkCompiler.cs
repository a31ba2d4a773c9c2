using System.Diagnostics;

namespace Transport.Tests.Documentation;

/// <summary>The SDK's own C# compiler, with all that this test host has loaded or could load as references.</summary>
internal static class SdkCompiler
{
    /// <summary>Compiles, and throws the compiler's messages away if there are no errors.</summary>
    /// <param name="sources">File names, for messages, and their text.</param>
    /// <returns>The errors, a line each; empty if the sources compile.</returns>
    public static string[] Compile(IReadOnlyDictionary<string, string> sources)
    {
        string folder = Directory.CreateTempSubdirectory("transport-docs-").FullName;
        try
        {
            List<string> response = ["-target:library", "-nologo", "-langversion:latest", "-nullable:enable", "-unsafe", "-out:blocks.dll"];
            foreach (string assembly in ((string)AppContext.GetData("TRUSTED_PLATFORM_ASSEMBLIES")!).Split(Path.PathSeparator))
            {
                response.Add($"-reference:\"{assembly}\"");
            }

            foreach ((string name, string text) in sources)
            {
                File.WriteAllText(Path.Combine(folder, name), text);
                response.Add($"\"{name}\"");
            }

            File.WriteAllLines(Path.Combine(folder, "blocks.rsp"), response);
            ProcessStartInfo start = new(Dotnet, [Compiler(), "-noconfig", "@blocks.rsp"])
            {
                WorkingDirectory = folder,
                RedirectStandardOutput = true,
            };
            using Process process = Process.Start(start)!;
            string printed = process.StandardOutput.ReadToEnd();
            process.WaitForExit();
            string[] errors = [.. printed.Split('\n').Where(static line => line.Contains(" error ", StringComparison.Ordinal))];
            return process.ExitCode == 0 || errors.Length > 0 ? errors : [$"csc exited with {process.ExitCode}: {printed}"];
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    /// <summary>The dotnet that runs this test: its root is above the runtime's folder.</summary>
    private static string Root { get; } = Path.GetFullPath(
        Path.Combine(Path.GetDirectoryName(typeof(object).Assembly.Location)!, "../../.."));

    private static string Dotnet => Path.Combine(Root, "dotnet");

    private static string Compiler()
    {
        string sdks = Path.Combine(Root, "sdk");
        string? compiler = !Directory.Exists(sdks) ? null : Directory.GetDirectories(sdks, "10.*").Order(StringComparer.Ordinal)
            .Select(static sdk => Path.Combine(sdk, "Roslyn", "bincore", "csc.dll")).LastOrDefault(File.Exists);
        Assert.SkipWhen(compiler is null, $"There is no SDK with a C# compiler below {sdks}.");
        return compiler!;
    }
}
