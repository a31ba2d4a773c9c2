namespace Transport.Tests;

/// <summary>The names of the process's threads.</summary>
internal static class ThreadNames
{
    /// <summary>Counts the threads whose name begins with a word.</summary>
    public static int Count(string word) => Directory.GetDirectories("/proc/self/task").Count(task =>
    {
        try
        {
            return File.ReadAllText(Path.Combine(task, "comm")).StartsWith($"{word} ", StringComparison.Ordinal);
        }
        catch (IOException)
        {
            return false;
        }
    });
}
