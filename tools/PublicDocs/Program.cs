using System.Xml.Linq;
using PublicDocs;

// PublicDocs ASSEMBLY XML: removes what the XML documentation file says of members that are not public.
if (args is not [string assembly, string documentation])
{
    Console.Error.WriteLine("usage: PublicDocs ASSEMBLY XML");
    return 2;
}

HashSet<string> isPublic = PublicMembers.Of(assembly);
XDocument document = XDocument.Load(documentation, LoadOptions.PreserveWhitespace);
document.Descendants("member").Where(member => !isPublic.Contains(PublicMembers.KeyOf((string)member.Attribute("name")!))).Remove();
document.Save(documentation);
return 0;
