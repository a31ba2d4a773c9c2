using System.IO.Compression;
using System.Net;
using System.Reflection;
using System.Reflection.Metadata;
using System.Reflection.PortableExecutable;
using System.Text.RegularExpressions;
using System.Xml.Linq;
using Packages.Tests.Support;

namespace Packages.Tests;

/// <summary>The packages, as a new user meets them: from a folder feed, without the repository.</summary>
[Trait("Category", "Packages")]
public sealed class PackageTests(PackageFeed feed) : IClassFixture<PackageFeed>
{
    private static readonly string[] Libraries =
    [
        "Kestrel.Transport.Core", "Kestrel.Transport.Epoll", "Kestrel.Transport.Select", "Kestrel.Transport.Rtsig",
        "Kestrel.Transport.Blocking", "Kestrel.Transport.Uring", "Kestrel.FileAio",
    ];

    private const string Everything = "Kestrel.Transports";

    [Fact]
    public void The_feed_has_the_libraries_with_symbols_and_the_package_of_all()
    {
        string[] expected =
        [
            .. Libraries.Select(id => $"{id}.{feed.Version}.nupkg"),
            .. Libraries.Select(id => $"{id}.{feed.Version}.snupkg"),
            $"{Everything}.{feed.Version}.nupkg",
        ];
        string[] found = [.. Directory.GetFiles(feed.Path).Select(path => Path.GetFileName(path))];
        // A further library is packed too; it joins this list when it has an id in the design.
        Assert.Empty(expected.Except(found));
    }

    [Fact]
    public void Each_package_says_what_it_is_and_depends_on_packages_of_this_repository_only()
    {
        foreach (string id in Libraries.Append(Everything))
        {
            using ZipArchive package = ZipFile.OpenRead(feed.PackagePath(id));
            XElement metadata = Nuspec(package, id);
            XNamespace names = metadata.Name.Namespace;
            string[] elements = ["id", "version", "authors", "license", "readme", "icon", "description", "tags", "releaseNotes"];
            foreach (string element in elements)
            {
                Assert.False(string.IsNullOrWhiteSpace(metadata.Element(names + element)?.Value), $"{id} has no {element}.");
            }

            Assert.Equal("MIT", metadata.Element(names + "license")!.Value);
            Assert.NotNull(package.GetEntry("README.md"));
            Assert.NotNull(package.GetEntry("icon.png"));
            Assert.Equal("git", metadata.Element(names + "repository")?.Attribute("type")?.Value);
            Assert.Matches("^[0-9a-f]{40}$", metadata.Element(names + "repository")!.Attribute("commit")!.Value);
            Assert.All(metadata.Descendants(names + "dependency").Select(static element => element.Attribute("id")!.Value),
                static dependency => Assert.StartsWith("Kestrel.", dependency, StringComparison.Ordinal));
            Assert.All(metadata.Descendants(names + "dependency").Select(static element => element.Attribute("version")!.Value),
                static version => Assert.Matches(@"^\[[^,]+\]$", version));
        }
    }

    [Fact]
    public void Kestrel_Transports_depends_on_all_libraries()
    {
        using ZipArchive package = ZipFile.OpenRead(feed.PackagePath(Everything));
        XElement metadata = Nuspec(package, Everything);
        string[] dependencies = [.. metadata.Descendants(metadata.Name.Namespace + "dependency")
            .Select(static element => element.Attribute("id")!.Value)];
        // Core comes with each transport.
        Assert.Empty(Libraries.Except(["Kestrel.Transport.Core"]).Except(dependencies));
    }

    [Fact]
    public void Documentation_names_public_types_only()
    {
        foreach (string id in Libraries)
        {
            using ZipArchive package = ZipFile.OpenRead(feed.PackagePath(id));
            ZipArchiveEntry page = package.Entries.Single(static entry => entry.FullName.EndsWith(".xml", StringComparison.Ordinal)
                && entry.FullName.StartsWith("lib/", StringComparison.Ordinal));
            using StreamReader reader = new(page.Open());
            string[] types = [.. XDocument.Load(reader).Descendants("member").Select(static member => member.Attribute("name")!.Value)
                .Where(static name => name.StartsWith("T:", StringComparison.Ordinal)).Select(static name => name[2..])];
            Assert.NotEmpty(types);
            Assert.Empty(types.Except(PublicTypes(package.GetEntry(Path.ChangeExtension(page.FullName, ".dll"))!)));
        }
    }

    /// <summary>The public types of an assembly, as documentation names them.</summary>
    private static string[] PublicTypes(ZipArchiveEntry assembly)
    {
        using MemoryStream bytes = new();
        using (Stream entry = assembly.Open())
        {
            entry.CopyTo(bytes);
        }

        bytes.Position = 0;
        using PEReader file = new(bytes);
        MetadataReader metadata = file.GetMetadataReader();
        return
        [
            .. metadata.TypeDefinitions.Select(metadata.GetTypeDefinition)
                .Where(static type => (type.Attributes & TypeAttributes.VisibilityMask) == TypeAttributes.Public)
                .Select(type => $"{metadata.GetString(type.Namespace)}.{metadata.GetString(type.Name)}"),
        ];
    }

    [Fact]
    public async Task A_new_web_application_is_served_by_the_packages_alone()
    {
        string project = await feed.CreateProjectAsync("web", Everything);
        await File.WriteAllTextAsync(Path.Combine(project, "Program.cs"), """
            WebApplicationBuilder builder = WebApplication.CreateBuilder(args);
            builder.WebHost.UseEpollTransport();
            WebApplication app = builder.Build();
            app.UseDirectIoFiles();
            app.MapGet("/hello", () => "Hello");
            app.Run();
            """);
        byte[] file = new byte[3 * 1024 * 1024];
        Random.Shared.NextBytes(file);
        Directory.CreateDirectory(Path.Combine(project, "wwwroot"));
        await File.WriteAllBytesAsync(Path.Combine(project, "wwwroot", "model.zip"), file);
        await Command.RunAsync(project, feed.Environment, "dotnet", "publish", "-c", "Release", "-o", "out", "-warnaserror");
        string output = Path.Combine(project, "out");
        await using RunningApp app = await RunningApp.StartAsync(output, "dotnet", "web.dll", "--urls", "http://127.0.0.1:0");
        Assert.Equal("Hello", await app.GetAsync("/hello"));
        (HttpStatusCode status, byte[] body) = await app.GetRangeAsync("/model.zip", 1_000_000, 2_999_999);
        Assert.Equal(HttpStatusCode.PartialContent, status);
        Assert.True(file.AsSpan(1_000_000, 2_000_000).SequenceEqual(body), "The bytes are not those of the file.");
        Assert.Contains(": epoll, ", app.Printed, StringComparison.Ordinal);
        await AssertComparisonAsync(app, output);
        Assert.Equal(0, await app.StopAsync());
    }

    /// <summary>The same build again on Kestrel's Sockets, by configuration alone; tools/compare.sh draws a chart of both.</summary>
    private static async Task AssertComparisonAsync(RunningApp epoll, string output)
    {
        await using RunningApp sockets = await RunningApp.StartAsync(
            output, "dotnet", "web.dll", "--urls", "http://127.0.0.1:0", "--Kestrel:Transport:Use=sockets");
        Assert.DoesNotContain(": epoll, ", sockets.Printed, StringComparison.Ordinal);
        if (File.Exists("/usr/bin/wrk"))
        {
            string chart = Path.Combine(output, "compare.svg");
            string printed = await Command.RunAsync(
                output, new Dictionary<string, string> { ["WRK"] = "-t1 -c8 -d1s" }, Repository.PathOf("tools/compare.sh"),
                $"epoll={epoll.Address}hello", $"sockets={sockets.Address}hello", "1", chart);
            Assert.Matches(@"epoll / sockets: \d+\.\d\d\.", printed);
            XElement svg = XDocument.Load(chart).Root!;
            Assert.Equal(["epoll", "sockets"], svg.Elements().Where(static element => element.Name.LocalName == "text")
                .Select(static element => element.Value).Where(static text => text is "epoll" or "sockets"));
            Assert.Contains(svg.Elements(), static element => element.Attribute("width")?.Value == "440");
        }
    }

    /// <summary>The package of all and a part of it, as when a template or a library references the part.</summary>
    [Fact]
    public async Task A_package_and_one_that_depends_on_it_may_be_referenced_together()
    {
        string project = await feed.CreateProjectAsync("web", Everything, "both");
        await Command.RunAsync(project, feed.Environment, "dotnet", "add", "package", "Kestrel.Transport.Epoll", "--version", feed.Version);
        await Command.RunAsync(project, feed.Environment, "dotnet", "build", "-warnaserror");
    }

    /// <summary>
    /// The packages use each other's internal types, so one of another version could fail at run time. NuGet refuses most combinations, and
    /// warns of those that the application asks for; then the build fails.
    /// </summary>
    [Fact]
    public async Task Packages_of_different_versions_fail_the_build_and_are_named()
    {
        await feed.PackLaterAsync();
        string core = $"Kestrel.Transport.Core (= {feed.LaterVersion})";
        string project = await feed.CreateProjectAsync("web", "Kestrel.Transport.Epoll", "mixed");
        string printed = await FailedBuildAsync(project, "Kestrel.Transport.Epoll", feed.Version, "Kestrel.FileAio", feed.LaterVersion);
        Assert.Contains("NU1107", printed, StringComparison.Ordinal);
        Assert.Contains($"Kestrel.FileAio {feed.LaterVersion} -> {core}", printed, StringComparison.Ordinal);

        printed = await FailedBuildAsync(project, "Kestrel.Transport.Core", feed.Version, Everything, feed.LaterVersion);
        Assert.Contains("NU1605", printed, StringComparison.Ordinal);
        Assert.Contains($"Kestrel.Transport.Core from {feed.LaterVersion} to {feed.Version}", printed, StringComparison.Ordinal);

        printed = await FailedBuildAsync(project, "Kestrel.Transport.Epoll", feed.LaterVersion, Everything, feed.Version);
        Assert.Contains("NU1608", printed, StringComparison.Ordinal);
        Assert.Contains("error KTRANS100: These packages must have the same version: ", printed, StringComparison.Ordinal);
        Assert.Contains($"Kestrel.FileAio {feed.Version}", printed, StringComparison.Ordinal);
        Assert.Contains($"Kestrel.Transport.Epoll {feed.LaterVersion}", printed, StringComparison.Ordinal);
    }

    /// <summary>Builds a project that references two packages.</summary>
    private async Task<string> FailedBuildAsync(string project, string first, string firstVersion, string second, string secondVersion)
    {
        await File.WriteAllTextAsync(Path.Combine(project, "mixed.csproj"), $"""
            <Project Sdk="Microsoft.NET.Sdk.Web">
              <PropertyGroup>
                <TargetFramework>net10.0</TargetFramework>
                <ImplicitUsings>enable</ImplicitUsings>
              </PropertyGroup>
              <ItemGroup>
                <PackageReference Include="{first}" Version="{firstVersion}" />
                <PackageReference Include="{second}" Version="{secondVersion}" />
              </ItemGroup>
            </Project>
            """);
        (int exitCode, string printed) = await Command.TryRunAsync(project, feed.Environment, "dotnet", "build");
        Assert.NotEqual(0, exitCode);
        return printed;
    }

    [Fact]
    public async Task A_new_blazor_application_keeps_its_assets_in_Development_and_published()
    {
        string project = await feed.CreateProjectAsync("blazor", Everything);
        string program = Path.Combine(project, "Program.cs");
        string code = await File.ReadAllTextAsync(program);
        Assert.Contains("app.MapStaticAssets();", code, StringComparison.Ordinal);
        code = code
            .Replace("var app =", "builder.WebHost.UseEpollTransport();\nvar app =", StringComparison.Ordinal)
            .Replace("app.MapStaticAssets();", "app.UseDirectIoFiles();\napp.MapStaticAssets();", StringComparison.Ordinal);
        await File.WriteAllTextAsync(program, code);
        await Command.RunAsync(project, feed.Environment, "dotnet", "build", "-c", "Release");
        await Command.RunAsync(project, feed.Environment, "dotnet", "publish", "-c", "Release", "--no-build", "-o", "out");

        string[] arguments = ["--urls", "http://127.0.0.1:0"];
        string built = Path.Combine(project, "bin", "Release", "net10.0", "blazor.dll");
        await using (RunningApp development = await RunningApp.StartAsync("Development", project, "dotnet", [built, .. arguments]))
        {
            await AssertBlazorAsync(development, Path.Combine(project, "wwwroot"));
        }

        await using RunningApp published = await RunningApp.StartAsync(
            Path.Combine(project, "out"), "dotnet", ["blazor.dll", .. arguments]);
        await AssertBlazorAsync(published, Path.Combine(project, "out", "wwwroot"));
    }

    /// <summary>The page, an asset and a script that it names, and a file that the build did not know.</summary>
    private static async Task AssertBlazorAsync(RunningApp app, string webRoot)
    {
        string page = await app.GetAsync("/");
        Assert.Contains("Hello, world!", page, StringComparison.Ordinal);
        foreach (string pattern in (string[])["href=\"(app[^\"]*\\.css)\"", "src=\"(_framework/blazor[^\"]*\\.js)\""])
        {
            Match asset = Regex.Match(page, pattern);
            Assert.True(asset.Success, $"{pattern} is not in {page}");
            Assert.True((await app.GetAsync($"/{asset.Groups[1].Value}")).Length > 1000, asset.Value);
        }

        byte[] file = new byte[3 * 1024 * 1024];
        Random.Shared.NextBytes(file);
        await File.WriteAllBytesAsync(Path.Combine(webRoot, "added-later.zip"), file);
        (HttpStatusCode status, byte[] body) = await app.GetRangeAsync("/added-later.zip", 1_000_000, 2_999_999);
        Assert.Equal(HttpStatusCode.PartialContent, status);
        Assert.True(file.AsSpan(1_000_000, 2_000_000).SequenceEqual(body), "The bytes are not those of the file.");
    }

    private static XElement Nuspec(ZipArchive package, string id)
    {
        using StreamReader reader = new(package.GetEntry($"{id}.nuspec")!.Open());
        return XDocument.Load(reader).Root!.Elements().Single(static element => element.Name.LocalName == "metadata");
    }
}
