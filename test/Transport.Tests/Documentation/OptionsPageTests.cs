using System.Reflection;
using System.Runtime.CompilerServices;
using System.Text;

namespace Transport.Tests.Documentation;

/// <summary>docs/options.md lists what the code has: every public option, enumeration, metric and log event, with the same words.</summary>
public class OptionsPageTests
{
    [Fact]
    public void The_page_of_options_is_what_the_code_says()
    {
        string file = Path.Combine(Repository(), "docs", "options.md");
        string actual = OptionsPage.Create([.. TestAssembly.ShippedAssemblies, Assembly.Load("FileAio")]);
        if (Environment.GetEnvironmentVariable("UPDATE_DOCS") == "1")
        {
            File.WriteAllText(file, actual, new UTF8Encoding(false));
        }

        Assert.True(File.Exists(file), "docs/options.md is missing: run the test once with UPDATE_DOCS=1.");
        Assert.Equal(File.ReadAllText(file), actual);
    }

    private static string Repository([CallerFilePath] string path = "")
        => Path.GetFullPath(Path.Combine(Path.GetDirectoryName(path)!, "..", "..", ".."));
}
