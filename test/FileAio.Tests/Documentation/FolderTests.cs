using System.Text.RegularExpressions;

namespace FileAio.Tests.Documentation;

/// <summary>The folders of src/FileAio use one another in one direction only, which docs/file-serving-design.md states.</summary>
public sealed partial class FolderTests
{
    private static readonly string Root = FindRoot();

    [Fact]
    public void The_design_page_lists_every_folder() =>
        Assert.Equal(Directory.GetDirectories(Path.Combine(Root, "src/FileAio")).Select(folder => Path.GetFileName(folder)!)
            .Where(folder => folder is not ("bin" or "obj")).Order(), Listed().Order());

    [Fact]
    public void A_folder_uses_only_folders_that_are_listed_before_it()
    {
        List<string> order = Listed();
        Dictionary<string, string> folderOfPublicType = Sources().Where(source => source.Code.Contains("namespace FileAio;"))
            .ToDictionary(source => Path.GetFileNameWithoutExtension(source.Path), source => source.Folder);
        List<string> wrong = [];
        int uses = 0;
        foreach ((string path, string folder, string code) in Sources())
        {
            IEnumerable<string> used = Qualified().Matches(code).Select(match => match.Groups[1].Value)
                .Concat(Names().Matches(code).Select(match => folderOfPublicType.GetValueOrDefault(match.Value, "")))
                .Where(name => order.Contains(name) && name != folder).Distinct();
            foreach (string name in used)
            {
                uses++;
                if (order.IndexOf(name) > order.IndexOf(folder))
                {
                    wrong.Add($"{path} uses {name}/, which is listed after {folder}/");
                }
            }
        }

        Assert.True(uses > order.Count, "the sources were not understood");
        Assert.Empty(wrong);
    }

    /// <summary>The rows of the table under "Folders", in order.</summary>
    private static List<string> Listed()
    {
        string page = File.ReadAllText(Path.Combine(Root, "docs/file-serving-design.md"));
        string section = page[page.IndexOf("\n## Folders\n", StringComparison.Ordinal)..];
        int next = section.IndexOf("\n## ", 4, StringComparison.Ordinal);
        return [.. Rows().Matches(next < 0 ? section : section[..next]).Select(match => match.Groups[1].Value)];
    }

    private static IEnumerable<(string Path, string Folder, string Code)> Sources()
    {
        string sources = Path.Combine(Root, "src/FileAio");
        foreach (string file in Directory.EnumerateFiles(sources, "*.cs", SearchOption.AllDirectories))
        {
            string path = Path.GetRelativePath(sources, file);
            string folder = path.Split('/')[0];
            if (folder is not ("bin" or "obj"))
            {
                yield return (path, folder, CommentsAndTexts().Replace(File.ReadAllText(file), ""));
            }
        }
    }

    private static string FindRoot()
    {
        DirectoryInfo? folder = new(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(folder!.FullName, "Transports.sln")))
        {
            folder = folder.Parent;
        }

        return folder.FullName;
    }

    /// <summary>A using directive, or a name that is qualified by the folder's namespace.</summary>
    [GeneratedRegex(@"(?:\bFileAio\.|(?<![\w.]))([A-Z]\w+)(?=[.;])")]
    private static partial Regex Qualified();

    [GeneratedRegex(@"(?<![\w.])[A-Z]\w+")]
    private static partial Regex Names();

    [GeneratedRegex("""//.*|"(?:\\.|[^"\\\n])*"(?:u8)?""")]
    private static partial Regex CommentsAndTexts();

    [GeneratedRegex(@"^\| `(\w+)/` \|", RegexOptions.Multiline)]
    private static partial Regex Rows();
}
