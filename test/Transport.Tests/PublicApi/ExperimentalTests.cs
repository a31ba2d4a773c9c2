using System.Diagnostics.CodeAnalysis;
using System.Reflection;
using System.Runtime.CompilerServices;

namespace Transport.Tests.PublicApi;

/// <summary>The experimental API has diagnostic ids that docs/support.md explains, and all other classes are sealed by default.</summary>
public class ExperimentalTests
{
    [Fact]
    public void Each_experimental_type_is_in_the_documentation_with_its_diagnostic()
    {
        string[] page = File.ReadAllLines(Path.Combine(Repository(), "docs", "support.md"));
        (string Id, string Name)[] found =
        [
            .. Types().Select(static type => (type.GetCustomAttribute<ExperimentalAttribute>()?.DiagnosticId, type.Name))
                .Where(static entry => entry.DiagnosticId is not null).Select(static entry => (entry.DiagnosticId!, entry.Name)),
        ];
        Assert.Equal(["IEventLoopFeature", "IEventLoopSource", "ISendFileFeature"], found.Select(static entry => entry.Name).Order());
        Assert.All(found, entry => Assert.Contains(page, line =>
            line.StartsWith($"| `{entry.Id}` |", StringComparison.Ordinal) && line.Contains($"`{entry.Name}`", StringComparison.Ordinal)));
    }

    /// <summary>Only the base class of the transports' options is derived from, and only by the transports themselves.</summary>
    [Fact]
    public void Classes_that_nobody_derives_from_are_sealed()
    {
        string[] open = [.. Types().Where(static type => type is { IsClass: true, IsSealed: false }).Select(static type => type.Name)];
        Assert.Equal(["TransportOptions"], open);
    }

    private static IEnumerable<Type> Types() =>
        TestAssembly.ShippedAssemblies.Append(Assembly.Load("FileAio")).SelectMany(static assembly => assembly.GetExportedTypes());

    private static string Repository([CallerFilePath] string path = "") =>
        Path.GetFullPath(Path.Combine(Path.GetDirectoryName(path)!, "..", "..", ".."));
}
