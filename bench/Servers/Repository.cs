namespace Bench.Servers;

/// <summary>The repository that this program was built in.</summary>
internal static class Repository
{
    /// <summary>The folder that contains Transports.sln.</summary>
    public static readonly string Root = Find();

    public static string BenchFolder => Path.Combine(Root, "bench");

    private static string Find()
    {
        for (DirectoryInfo? folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(Path.Combine(folder.FullName, "Transports.sln")))
            {
                return folder.FullName;
            }
        }

        throw new InvalidOperationException(
            $"No parent folder of {AppContext.BaseDirectory} contains Transports.sln; run the bench from its repository.");
    }
}
