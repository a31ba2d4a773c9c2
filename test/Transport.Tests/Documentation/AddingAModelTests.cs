using System.Runtime.CompilerServices;
using Test.Shared.Sweep;

namespace Transport.Tests.Documentation;

/// <summary>docs/adding-a-model.md walks through a model in one file: it shows that file as it is built, and the model serves.</summary>
public class AddingAModelTests
{
    [Fact]
    public void The_page_shows_the_file_that_is_built()
    {
        string source = File.ReadAllText(Path.Combine(Repository(), "test", "Shared", "Sweep", "SweepTransport.cs"));
        string page = File.ReadAllText(Path.Combine(Repository(), "docs", "adding-a-model.md"));
        Assert.Contains("```csharp compiled by the tests\n" + source + "```\n", page, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_model_of_the_page_serves()
    {
        TransportUnderTest sweep = new("sweep", (web, _) => web.UseSweepTransport());
        await using WebServer server = await WebServer.StartAsync(sweep, TestApp.HelloAsync);
        for (int i = 0; i < 3; i++)
        {
            using RawClient client = await server.ConnectAsync();
            Assert.Equal(200, (await client.GetAsync("/")).Status);
            Assert.Equal(200, (await client.GetAsync("/")).Status);
        }
    }

    private static string Repository([CallerFilePath] string path = "") =>
        Path.GetFullPath(Path.Combine(Path.GetDirectoryName(path)!, "..", "..", ".."));
}
