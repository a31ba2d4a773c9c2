using System.Text;
using System.Text.RegularExpressions;

namespace Transport.Tests.Documentation;

/// <summary>Every relative link of the pages leads to a file, and to a heading of it; README's index is complete.</summary>
public sealed partial class LinkTests
{
    [Fact]
    public void Relative_links_lead_to_files_and_headings()
    {
        List<string> broken = [];
        int links = 0;
        foreach (string page in Pages.All)
        {
            string text = WithoutCode(File.ReadAllText(page));
            foreach (Match match in Link().Matches(text))
            {
                string[] parts = match.Groups[1].Value.Split('#', 2);
                if (parts[0].Contains("://", StringComparison.Ordinal) || parts[0].StartsWith("mailto:", StringComparison.Ordinal))
                {
                    continue;
                }

                links++;
                string target = parts[0].Length == 0 ? page : Path.GetFullPath(Path.Combine(Path.GetDirectoryName(page)!, parts[0]));
                if ((!File.Exists(target) && !Directory.Exists(target))
                    || (parts.Length == 2 && target.EndsWith(".md", StringComparison.Ordinal) && !Anchors(target).Contains(parts[1])))
                {
                    broken.Add($"{Path.GetRelativePath(Pages.Root, page)}: {match.Groups[1].Value}");
                }
            }
        }

        Assert.True(links > 50, $"Only {links} links were found.");
        Assert.Empty(broken);
    }

    [Fact]
    public void README_lists_every_page_of_docs()
    {
        string readme = File.ReadAllText(Path.Combine(Pages.Root, "README.md"));
        string index = readme[readme.IndexOf("## Documentation", StringComparison.Ordinal)..];
        Assert.All(
            Directory.GetFiles(Path.Combine(Pages.Root, "docs"), "*.md"),
            page => Assert.Contains($"(docs/{Path.GetFileName(page)})", index, StringComparison.Ordinal));
    }

    /// <summary>The anchors that GitHub gives to the headings of a page.</summary>
    private static HashSet<string> Anchors(string page)
    {
        HashSet<string> anchors = [];
        foreach (string line in WithoutBlocks(File.ReadAllText(page)).Split('\n').Where(static line => line.StartsWith('#')))
        {
            StringBuilder anchor = new();
            foreach (char character in Link().Replace(line.TrimStart('#').Trim(), "").ToLowerInvariant())
            {
                anchor.Append(character == ' ' ? "-" : char.IsLetterOrDigit(character) || character is '-' or '_' ? $"{character}" : "");
            }

            string text = anchor.ToString();
            for (int i = 1; !anchors.Add(text); i++)
            {
                text = $"{anchor}-{i}";
            }
        }

        return anchors;
    }

    private static string WithoutBlocks(string text) => Block().Replace(text, "");

    private static string WithoutCode(string text) => Code().Replace(WithoutBlocks(text), "");

    [GeneratedRegex(@"(?:\]\(|src=""|srcset="")([^)""\s]+)")]
    private static partial Regex Link();

    [GeneratedRegex(@"^```.*?^```", RegexOptions.Singleline | RegexOptions.Multiline)]
    private static partial Regex Block();

    [GeneratedRegex("`[^`\n]*`")]
    private static partial Regex Code();
}
