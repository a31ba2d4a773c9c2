using System.Net;
using Packages.Tests.Support;

namespace Packages.Tests;

/// <summary>The sample published as applications are shipped: it builds without a warning, starts, and answers.</summary>
[Trait("Category", "Packages")]
public sealed class PublishTests
{
    private const string Sample = "samples/WebApp/WebApp.csproj";

    public static TheoryData<string, string> Ways => new()
    {
        { "trimmed", "--self-contained -p:PublishTrimmed=true" },
        { "single file", "--self-contained -p:PublishSingleFile=true" },
        { "trimmed single file", "--self-contained -p:PublishTrimmed=true -p:PublishSingleFile=true" },
        { "NativeAOT", "-p:PublishAot=true -p:CppCompilerAndLinker=gcc -p:LinkerFlavor=bfd" },
    };

    [Theory, MemberData(nameof(Ways))]
    public async Task The_published_sample_answers_plaintext_and_a_range(string way, string arguments)
    {
        using TemporaryFolder folder = new();
        string output = folder.Combine("out");
        string printed = await PublishAsync(folder, output, "linux-x64", arguments);
        Assert.DoesNotContain("warning", printed, StringComparison.OrdinalIgnoreCase);

        string files = Directory.CreateDirectory(folder.Combine("files")).FullName;
        byte[] file = new byte[3 * 1024 * 1024];
        Random.Shared.NextBytes(file);
        await File.WriteAllBytesAsync(Path.Combine(files, "large.bin"), file);
        foreach (string transport in (string[])["epoll", "poll", "select", "rtsig", "uring", "blocking", "busy", "sockets"])
        {
            await using RunningApp app = await RunningApp.StartAsync(
                output, Path.Combine(output, "WebApp"), "--transport", transport, "--urls", "http://127.0.0.1:0", "--files", files,
                $"--Kestrel:Transport:{transport}:LoopCount={(transport == "sockets" ? "" : "1")}");
            Assert.Equal("Hello, World!", await app.GetAsync("/plaintext"));
            (HttpStatusCode status, byte[] body) = await app.GetRangeAsync("/files/large.bin", 1_000_000, 2_999_999);
            Assert.True(status == HttpStatusCode.PartialContent, $"{way}, {transport}: {status}\n{app.Printed}");
            Assert.True(file.AsSpan(1_000_000, 2_000_000).SequenceEqual(body), "The bytes are not those of the file.");
            Assert.Equal(0, await app.StopAsync());
        }
    }

    [Theory]
    [InlineData("linux-musl-x64", "--self-contained")]
    [InlineData("linux-arm64", "--self-contained")]
    [InlineData("linux-musl-arm64", "--self-contained")]
    public async Task The_sample_publishes_for_other_systems(string runtime, string arguments)
    {
        using TemporaryFolder folder = new();
        string output = folder.Combine("out");
        Assert.DoesNotContain("warning", await PublishAsync(folder, output, runtime, arguments), StringComparison.OrdinalIgnoreCase);
        Assert.True(File.Exists(Path.Combine(output, "WebApp")));
        Assert.True(File.Exists(Path.Combine(output, "Transport.Epoll.dll")));
    }

    /// <summary>
    /// With intermediate files of its own, since a publish for another system must not change what the tests run. Skips if the package
    /// source has no runtime of that system.
    /// </summary>
    private static async Task<string> PublishAsync(TemporaryFolder folder, string output, string runtime, string arguments)
    {
        (int exitCode, string printed) = await Command.TryRunAsync(
            Repository.Root, null, "dotnet",
            [
                "publish", Sample, "-c", "Release", "-r", runtime, "-o", output, "--nologo", "-v", "quiet",
                "--artifacts-path", folder.Combine("artifacts"),
                .. arguments.Split(' '),
            ]);
        string missing = $"Unable to find package Microsoft.NETCore.App.Runtime.{runtime}.";
        Assert.SkipWhen(printed.Contains(missing, StringComparison.Ordinal), missing);
        Assert.True(exitCode == 0, printed);
        return printed;
    }
}
