namespace Soak.Reporting;

/// <summary>Lines for whoever watches, on standard error; the report goes to standard output.</summary>
internal static class Progress
{
    public static void Say(string line) => Console.Error.WriteLine(line);
}
