using Microsoft.Playwright;

namespace Bench.Tests;

/// <summary>The browser of the machine, for tests of pages.</summary>
internal static class Browser
{
    public const string Missing = "no browser is installed (apt package chromium)";

    private static readonly string[] Names = ["chromium", "chromium-browser", "google-chrome", "chrome"];

    /// <summary>The path; null when there is none.</summary>
    public static string? Path { get; } = (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':')
        .SelectMany(folder => Names.Select(name => System.IO.Path.Combine(folder, name))).FirstOrDefault(File.Exists);

    public static BrowserTypeLaunchOptions Options => new()
    {
        ExecutablePath = Path,
        Args = ["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"],
    };
}
