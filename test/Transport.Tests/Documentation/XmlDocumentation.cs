using System.Reflection;
using System.Text.RegularExpressions;
using System.Xml.Linq;

namespace Transport.Tests.Documentation;

/// <summary>The XML documentation files beside the assemblies, as Markdown text of one line.</summary>
internal sealed partial class XmlDocumentation
{
    private readonly Dictionary<string, XElement> _members = [];

    public XmlDocumentation(IEnumerable<Assembly> assemblies)
    {
        foreach (Assembly assembly in assemblies)
        {
            string file = Path.Combine(AppContext.BaseDirectory, assembly.GetName().Name + ".xml");
            foreach (XElement member in XDocument.Load(file).Descendants("member"))
            {
                _members[(string)member.Attribute("name")!] = member;
            }
        }
    }

    public string Summary(Type type) => Summary($"T:{type.FullName!.Replace('+', '.')}");

    public string Summary(PropertyInfo property) => Summary($"P:{property.DeclaringType!.FullName!.Replace('+', '.')}.{property.Name}");

    public string Summary(FieldInfo field) => Summary($"F:{field.DeclaringType!.FullName!.Replace('+', '.')}.{field.Name}");

    private string Summary(string member)
    {
        XElement? summary = _members.GetValueOrDefault(member)?.Element("summary");
        Assert.True(summary is not null, $"{member} has no summary.");
        return Spaces().Replace(string.Concat(summary.Nodes().Select(Text)), " ").Trim().Replace("|", "\\|");
    }

    private static string Text(XNode node) => node switch
    {
        XText text => text.Value,
        XElement { Name.LocalName: "see" } see => $"`{Reference(see)}`",
        XElement { Name.LocalName: "c" } code => $"`{code.Value}`",
        XElement element => " " + string.Concat(element.Nodes().Select(Text)),
        _ => "",
    };

    private static string Reference(XElement see)
    {
        string target = (string?)see.Attribute("cref") ?? (string?)see.Attribute("langword") ?? (string?)see.Attribute("href") ?? see.Value;
        string name = target.Length > 2 && target[1] == ':' ? target[2..] : target;
        int arguments = name.IndexOf('(');
        string[] parts = (arguments < 0 ? name : name[..arguments]).Split('.');
        return target.StartsWith("T:", StringComparison.Ordinal) || parts.Length < 2 ? parts[^1] : $"{parts[^2]}.{parts[^1]}";
    }

    [GeneratedRegex(@"\s+")]
    private static partial Regex Spaces();
}
