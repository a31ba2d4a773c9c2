using System.Reflection.Metadata;
using System.Reflection.PortableExecutable;
using Packages.Tests.Support;

namespace Packages.Tests;

/// <summary>
/// Alpine's libc: every function that is imported from libc exists in musl. Debian 12 has 1.2.3, which lacks the wrappers
/// of later system calls.
/// </summary>
[Trait("Category", "Packages")]
public sealed class MuslTests
{
    private const string Musl = "/lib/ld-musl-x86_64.so.1";

    [Fact]
    public async Task Every_function_of_libc_exists_in_musl()
    {
        Assert.SkipUnless(File.Exists(Musl), $"{Musl} is missing (apt package musl).");
        string printed = await Command.RunAsync(Repository.Root, null, "nm", "-D", "--defined-only", Musl);
        HashSet<string> exported = [.. printed.Split('\n').Select(static line => line.Split(' ')[^1])];
        Assert.Contains("accept4", exported);

        string configuration = new DirectoryInfo(AppContext.BaseDirectory).Parent!.Name;
        string[] assemblies =
        [
            .. Directory.GetDirectories(Repository.PathOf("src"))
                .Select(folder => Path.Combine(folder, "bin", configuration, "net10.0", $"{Path.GetFileName(folder)}.dll"))
                .Where(File.Exists),
        ];
        string[] imported = [.. assemblies.SelectMany(ImportsOf).Distinct().Order(StringComparer.Ordinal)];
        Assert.True(imported.Length > 40, $"Only {imported.Length} imports were found in {assemblies.Length} assemblies.");
        // Asked for to tell glibc from musl: where it is missing, POSIX AIO is not used.
        Assert.Equal(["gnu_get_libc_version"], imported.Except(exported));
    }

    /// <summary>The functions of libc that an assembly's P/Invokes name.</summary>
    private static IEnumerable<string> ImportsOf(string assembly)
    {
        using PEReader file = new(File.OpenRead(assembly));
        MetadataReader metadata = file.GetMetadataReader();
        List<string> names = [];
        foreach (MethodDefinitionHandle handle in metadata.MethodDefinitions)
        {
            MethodImport import = metadata.GetMethodDefinition(handle).GetImport();
            if (!import.Name.IsNil && metadata.GetString(metadata.GetModuleReference(import.Module).Name) == "libc")
            {
                names.Add(metadata.GetString(import.Name));
            }
        }

        return names;
    }
}
