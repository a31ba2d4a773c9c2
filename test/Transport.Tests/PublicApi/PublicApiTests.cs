using System.Reflection;
using System.Runtime.CompilerServices;
using System.Text;

namespace Transport.Tests.PublicApi;

/// <summary>
/// The public surface of what ships, against the file that was reviewed. To accept a change: UPDATE_PUBLIC_API=1 rewrites the file, and the
/// difference is what the reviewer reads.
/// </summary>
public class PublicApiTests
{
    public static TheoryData<string> Assemblies
        => [.. TestAssembly.ShippedAssemblies.Select(assembly => assembly.GetName().Name!), "FileAio"];

    [Theory, MemberData(nameof(Assemblies))]
    public void The_public_surface_is_the_reviewed_one(string assembly)
    {
        string file = Path.Combine(Folder(), assembly + ".txt");
        string actual = PublicSurface.Of(Assembly.Load(assembly));
        if (Environment.GetEnvironmentVariable("UPDATE_PUBLIC_API") == "1")
        {
            File.WriteAllText(file, actual, new UTF8Encoding(false));
        }

        Assert.True(File.Exists(file), $"{assembly} has no reviewed surface: run once with UPDATE_PUBLIC_API=1.");
        Assert.Equal(File.ReadAllText(file), actual);
    }

    private static string Folder([CallerFilePath] string path = "")
    {
        string beside = Path.GetDirectoryName(path)!;
        // A deterministic build may write /_/ for the root: then the files are beside the tests.
        return Directory.Exists(beside) ? beside : Path.Combine(AppContext.BaseDirectory, "PublicApi");
    }
}
