using System.Globalization;

namespace Packages.Tests.Support;

/// <summary>
/// The packages of this working tree in a local folder feed, made once for all tests of a class by <c>./build.sh pack</c>. Applications
/// that use them have a package folder of their own, so that no package of an earlier run can be taken for one of these.
/// </summary>
public sealed class PackageFeed : IAsyncLifetime
{
    private readonly TemporaryFolder _folder = new();

    /// <summary>Above every version that was ever published, and different in each run.</summary>
    public string Version { get; } = $"99.0.0-test.{DateTime.UtcNow.Ticks.ToString(CultureInfo.InvariantCulture)}";

    /// <summary>The version of <see cref="PackLaterAsync"/>.</summary>
    public string LaterVersion => $"{Version}.later";

    /// <summary>The feed: a folder with .nupkg and .snupkg files.</summary>
    public string Path => _folder.Combine("feed");

    /// <summary>For commands that restore from the feed.</summary>
    public IReadOnlyDictionary<string, string> Environment => new Dictionary<string, string>
    {
        ["NUGET_PACKAGES"] = _folder.Combine("cache"),
    };

    public string PackagePath(string id, string extension = "nupkg") => System.IO.Path.Combine(Path, $"{id}.{Version}.{extension}");

    /// <summary>A new project, made with a template of the SDK, that knows the feed and references a package of it.</summary>
    public async Task<string> CreateProjectAsync(string template, string package, string? name = null)
    {
        string project = _folder.Combine(name ?? template);
        await Command.RunAsync(_folder.Path, Environment, "dotnet", "new", template, "--output", project, "--no-restore");
        await File.WriteAllTextAsync(System.IO.Path.Combine(project, "nuget.config"), $"""
            <configuration>
              <packageSources>
                <add key="local" value="{Path}" />
              </packageSources>
            </configuration>
            """);
        await Command.RunAsync(project, Environment, "dotnet", "add", "package", package, "--version", Version);
        return project;
    }

    /// <summary>Adds the packages of a later version to the feed.</summary>
    public Task PackLaterAsync() => Command.RunAsync(Repository.Root, null, Repository.PathOf("build.sh"), "pack", LaterVersion, Path);

    public async ValueTask InitializeAsync() =>
        await Command.RunAsync(Repository.Root, null, Repository.PathOf("build.sh"), "pack", Version, Path);

    public ValueTask DisposeAsync()
    {
        _folder.Dispose();
        return ValueTask.CompletedTask;
    }
}
