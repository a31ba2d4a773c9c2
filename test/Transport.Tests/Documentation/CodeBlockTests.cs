using System.Text;

namespace Transport.Tests.Documentation;

/// <summary>Every C# block of README.md and docs compiles against what ships.</summary>
public class CodeBlockTests
{
    /// <summary>What a new web application has by itself (ImplicitUsings of Microsoft.NET.Sdk.Web). A block names all others.</summary>
    private const string Usings = """
        global using System;
        global using System.Collections.Generic;
        global using System.IO;
        global using System.Linq;
        global using System.Net.Http;
        global using System.Net.Http.Json;
        global using System.Threading;
        global using System.Threading.Tasks;
        global using Microsoft.AspNetCore.Builder;
        global using Microsoft.AspNetCore.Hosting;
        global using Microsoft.AspNetCore.Http;
        global using Microsoft.AspNetCore.Routing;
        global using Microsoft.Extensions.Configuration;
        global using Microsoft.Extensions.DependencyInjection;
        global using Microsoft.Extensions.Hosting;
        global using Microsoft.Extensions.Logging;
        """;

    [Fact]
    public void Every_block_compiles()
    {
        Dictionary<string, string> sources = new() { ["Usings.cs"] = Usings };
        foreach (string file in Pages.All)
        {
            foreach ((int line, string text) in BlocksOf(file))
            {
                string name = $"{Path.GetFileNameWithoutExtension(file).Replace('-', '_')}_{line}";
                // Names that a block does not declare are members; a block may hide them with its own.
                string[] lines = text.Split('\n');
                int usings = Array.FindIndex(lines, static line => !line.StartsWith("using ", StringComparison.Ordinal));
                sources[$"{name}.cs"] = $$"""
                    {{string.Join('\n', lines[..usings])}}
                    static class {{name}}
                    {
                        static WebApplicationBuilder builder => null!;
                        static WebApplication app => null!;
                        static IServiceCollection services => null!;
                        static async Task Run(string[] args)
                        {
                            await Task.CompletedTask;
                    #line {{line + usings}} "{{Path.GetFileName(file)}}"
                    {{string.Join('\n', lines[usings..])}}
                        }
                    }
                    """;
            }
        }

        Assert.True(sources.Count > 1, "No page has a C# block.");
        string[] errors = SdkCompiler.Compile(sources);
        Assert.True(errors.Length == 0, string.Join('\n', errors));
    }

    [Fact]
    public void An_incorrect_block_is_detected()
    {
        string[] errors = SdkCompiler.Compile(
            new Dictionary<string, string> { ["Wrong.cs"] = "class Wrong { void Run() { NoSuchMethod(); } }" });
        Assert.Contains("NoSuchMethod", Assert.Single(errors), StringComparison.Ordinal);
    }

    /// <summary>The fenced blocks marked as C#, with the number of their first line.</summary>
    private static IEnumerable<(int Line, string Text)> BlocksOf(string file)
    {
        StringBuilder? block = null;
        int first = 0, number = 0;
        foreach (string line in File.ReadLines(file))
        {
            number++;
            if (block is null)
            {
                if (line.TrimEnd() is "```csharp" or "```cs")
                {
                    block = new StringBuilder();
                    first = number + 1;
                }
            }
            else if (line.StartsWith("```", StringComparison.Ordinal))
            {
                yield return (first, block.ToString());
                block = null;
            }
            else
            {
                block.AppendLine(line);
            }
        }
    }
}
