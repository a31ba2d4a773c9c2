using System.Runtime.CompilerServices;

namespace Transport.Tests.Documentation;

/// <summary>The Markdown pages of the repository.</summary>
internal static class Pages
{
    public static string Root { get; } = Path.GetFullPath(Path.Combine(Path.GetDirectoryName(ThisFile())!, "../../.."));

    public static IEnumerable<string> All { get; } =
    [
        .. Directory.GetFiles(Root, "*.md"), .. Directory.GetFiles(Path.Combine(Root, "docs"), "*.md", SearchOption.AllDirectories),
    ];

    private static string ThisFile([CallerFilePath] string path = "") => path;
}
