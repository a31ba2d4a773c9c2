using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using Bench.Servers;
using Microsoft.Playwright;

namespace Bench.Tests;

/// <summary>
/// The picture at the top of the README: the live page of samples/WebApp after the load of keep-alive connections and during that of
/// blocking handlers, on both transports at once. <c>./build.sh pictures</c> makes it.
/// </summary>
public sealed class ReadmePictureTests
{
    private const float Patience = 90_000;
    private const int MaxBytes = 300 * 1024;
    private const int Width = 1100;

    /// <summary>Counts the values that the page shows.</summary>
    private const string CountPoints = """
        () => {
          window.points = 0;
          new MutationObserver(() => points++).observe(document.getElementById('p99-0-value'), { childList: true });
        }
        """;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory, InlineData("live-light.png"), InlineData("live-dark.png")]
    public async Task The_README_shows_a_picture_of_at_most_300_KiB(string name)
    {
        byte[] picture = await File.ReadAllBytesAsync(Path.Combine(Folder(), name), Cancellation);
        Assert.True(picture.AsSpan().StartsWith((byte[])[0x89, (byte)'P', (byte)'N', (byte)'G']), $"{name} is no PNG.");
        Assert.InRange(picture.Length, 10_000, MaxBytes);
        Assert.Equal(Width, BinaryPrimitives.ReadInt32BigEndian(picture.AsSpan(16)));
        string readme = await File.ReadAllTextAsync(Path.Combine(Folder(), "../../README.md"), Cancellation);
        Assert.Contains($"docs/images/{name}", readme, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Make_the_pictures()
    {
        Assert.SkipUnless(Environment.GetEnvironmentVariable("UPDATE_PICTURES") == "1", "UPDATE_PICTURES=1 makes them.");
        Assert.SkipWhen(Browser.Path is null, Browser.Missing);
        SampleApp app = new("WebApp", (first, second, _) => ["--ports", $"{first},{second}"], Reports: true);
        string files = Directory.CreateTempSubdirectory("bench-tests-").FullName;
        try
        {
            await File.WriteAllBytesAsync(Path.Combine(files, "large.bin"), new byte[4 << 20], Cancellation);
            await using WebAppServer server = await WebAppServer.StartAsync(
                app, ServerSpec.Parse("epoll,sockets"), CorePlacement.Shared, ["--files", files], "/files/", Cancellation);
            using IPlaywright playwright = await Playwright.CreateAsync();
            await using IBrowser chromium = await playwright.Chromium.LaunchAsync(Browser.Options);
            IPage page = await chromium.NewPageAsync(new()
            {
                ViewportSize = new() { Width = Width, Height = 800 },
                ColorScheme = ColorScheme.Light,
            });
            await page.GotoAsync(server.Http + "/");
            await LoadAsync(page, "Plaintext");
            await IdleAsync(page);
            await LoadAsync(page, "Blocked");

            // Some seconds of the second load: each second is a point of the charts.
            await page.EvaluateAsync(CountPoints);
            await page.WaitForFunctionAsync("points >= 6", null, new() { Timeout = Patience });
            (ColorScheme, string)[] pictures = [(ColorScheme.Light, "live-light.png"), (ColorScheme.Dark, "live-dark.png")];
            foreach ((ColorScheme scheme, string name) in pictures)
            {
                await page.EmulateMediaAsync(new() { ColorScheme = scheme });
                await page.EvaluateAsync("window.points = 0");
                await page.WaitForFunctionAsync("points >= 1", null, new() { Timeout = Patience });
                await page.ScreenshotAsync(new() { Path = Path.Combine(Folder(), name), FullPage = true });
            }

            await IdleAsync(page);
        }
        finally
        {
            Directory.Delete(files, recursive: true);
        }
    }

    private static async Task LoadAsync(IPage page, string kind)
    {
        await page.ClickAsync($"#{kind}-all", new() { Timeout = Patience });
        await page.WaitForFunctionAsync(
            "document.getElementById('status').textContent.startsWith('running: ')", null, new() { Timeout = Patience });
    }

    private static async Task IdleAsync(IPage page) => await page.WaitForFunctionAsync(
        "document.getElementById('status').textContent === 'idle'", null, new() { Timeout = Patience });

    private static string Folder([CallerFilePath] string path = "") =>
        Path.GetFullPath(Path.Combine(Path.GetDirectoryName(path)!, "../../docs/images"));
}
