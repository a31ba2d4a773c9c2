using Bench.Load;
using Bench.Report;
using Bench.Results;
using Bench.Statistics;
using Microsoft.Playwright;

namespace Bench.Tests;

public class ReportTests
{
    private static readonly string[] Browsers = ["chromium", "chromium-browser", "google-chrome", "chrome"];

    private static readonly Machine Machine = new("a <processor>", 2, "8 GiB", "6.18", "Debian", ".NET 10");

    [Fact]
    public void A_result_comes_back_as_it_was_stored()
    {
        string folder = Directory.CreateTempSubdirectory("bench-tests-").FullName;
        try
        {
            ResultFile result = Stored();
            string path = result.Save(folder);
            Assert.Equal(result.ToJson(), ResultFile.Read(path).ToJson());
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    [Theory]
    [InlineData("{ \"schema\": 2, \"kind\": \"ab\", \"taken\": \"2026-01-01T00:00:00Z\", \"commit\": \"\", \"command\": \"\", \"machine\": null, \"cells\": [] }")]
    [InlineData("{ \"schema\": 1, \"kind\": \"ab\", \"taken\": \"2026-01-01T00:00:00Z\", \"commit\": \"\", \"command\": \"\", \"machine\": null, \"cells\": [] }")]
    [InlineData("{ \"schema\": 1, \"kind\": \"else\", \"taken\": \"2026-01-01T00:00:00Z\", \"commit\": \"\", \"command\": \"\", \"machine\": { \"processor\": \"\", \"processors\": 2, \"memoryTotal\": \"\", \"kernel\": \"\", \"operatingSystem\": \"\", \"runtime\": \"\" }, \"cells\": [] }")]
    [InlineData("null")]
    [InlineData("{ \"schema\": 1 }")]
    [InlineData("not json")]
    public void What_is_no_result_is_refused(string text)
    {
        using TemporaryFile file = TemporaryFile.Write(text, ".json");
        Assert.Throws<InvalidDataException>(() => ResultFile.Read(file.Path));
    }

    [Fact]
    public void The_page_needs_no_network_and_escapes_what_it_shows()
    {
        string page = HtmlPage.Make([(Stored(), [])]);
        Assert.Contains("a &lt;processor&gt;", page);
        Assert.Contains("epoll is better", page);
        Assert.Contains("wrk saw 3 status errors", page);
        Assert.DoesNotContain("<script", page);
        Assert.DoesNotContain("src=", page);
        Assert.DoesNotContain("href=", page);
    }

    [Fact]
    public async Task Pictures_have_what_the_result_has()
    {
        if (await Pictures.PrepareAsync(TestContext.Current.CancellationToken) is { } none)
        {
            Assert.Skip(none);
        }

        string folder = Directory.CreateTempSubdirectory("bench-tests-").FullName;
        try
        {
            IReadOnlyList<string> pictures = await Pictures.RenderAsync(Stored().Save(folder), folder, TestContext.Current.CancellationToken);
            Assert.Equal(["ab-ratios.svg", "ab-latency-plaintext.svg", "ab-ratios-narrow.svg", "ab-latency-plaintext-narrow.svg"], pictures.Select(Path.GetFileName));
            string ratios = await File.ReadAllTextAsync(pictures[0], TestContext.Current.CancellationToken);
            Assert.Contains("0.50", ratios);
            Assert.Contains("plaintext", ratios);
            Assert.Contains("viewBox", ratios);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    [Fact]
    public async Task Sizes_have_pictures_of_their_own()
    {
        if (await Pictures.PrepareAsync(TestContext.Current.CancellationToken) is { } none)
        {
            Assert.Skip(none);
        }

        string folder = Directory.CreateTempSubdirectory("bench-tests-").FullName;
        try
        {
            Cell Of(string server, string work) => new()
            {
                Server = server,
                Work = work,
                Figures = new Dictionary<string, double> { ["cpuSecondsPerGibibyte"] = 1, ["gigabytesPerSecond"] = 2 },
            };
            ResultFile stored = Stored() with
            {
                Kind = "files",
                Comparisons = [],
                Cells = [Of("direct-all", "size-64k-cold"), Of("direct-none", "size-64k-cold"), Of("direct-all", "size-4m-cold"), Of("direct-none", "size-4m-cold")],
            };
            IReadOnlyList<string> pictures = await Pictures.RenderAsync(stored.Save(folder), folder, TestContext.Current.CancellationToken);
            Assert.Equal(["files-size-cpu-cold.svg", "files-size-throughput-cold.svg"], pictures.Take(2).Select(Path.GetFileName));
            Assert.Contains("4 MiB", await File.ReadAllTextAsync(pictures[0], TestContext.Current.CancellationToken));
            Assert.Contains("1.000 / 1.000 (1.00", HtmlPage.Make([(stored, [])]));
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    /// <summary>
    /// Laid out by a real browser, at a phone's width and at a desk's: nothing is wider than the screen, no text is too small, and nothing
    /// is fetched.
    /// </summary>
    [Fact]
    public async Task A_browser_shows_the_page()
    {
        string? browser = (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':')
            .SelectMany(folder => Browsers.Select(name => Path.Combine(folder, name))).FirstOrDefault(File.Exists);
        Assert.SkipWhen(browser is null, "no browser is here (apt package chromium)");

        string folder = Directory.CreateTempSubdirectory("bench-tests-").FullName;
        try
        {
            IReadOnlyList<string> pictures = await Pictures.PrepareAsync(TestContext.Current.CancellationToken) is null
                ? [.. (await Pictures.RenderAsync(Stored().Save(folder), folder, TestContext.Current.CancellationToken)).Select(File.ReadAllText)]
                : [];
            string path = Path.Combine(folder, "report.html");
            await File.WriteAllTextAsync(path, HtmlPage.Make([(Stored(), pictures)]), TestContext.Current.CancellationToken);

            using IPlaywright playwright = await Playwright.CreateAsync();
            await using IBrowser chromium = await playwright.Chromium.LaunchAsync(new() { ExecutablePath = browser, Args = ["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"] });
            foreach (int width in new[] { 390, 1280 })
            {
                IPage page = await chromium.NewPageAsync(new() { ViewportSize = new() { Width = width, Height = 844 } });
                List<string> fetched = new List<string>();
                page.Request += (_, request) => fetched.Add(request.Url);
                await page.GotoAsync($"file://{path}");
                await page.EvaluateAsync("document.querySelectorAll('details').forEach(part => part.open = true)");

                Assert.Equal([$"file://{path}"], fetched);
                Assert.Contains("epoll is better", await page.InnerTextAsync("body"));
                Assert.Equal(width, await page.EvaluateAsync<int>("document.documentElement.scrollWidth"));
                Assert.Equal(pictures.Count / 2, await page.EvaluateAsync<int>("[...document.querySelectorAll('svg')].filter(picture => picture.clientWidth > 0).length"));
                double smallest = await page.EvaluateAsync<double>(
                    "Math.min(99, ...[...document.querySelectorAll('svg text')].map(text => text.getBoundingClientRect().height).filter(height => height > 0))");
                Assert.True(smallest >= 10, $"at {width} px a picture has text {smallest} px high");
            }
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static ResultFile Stored() => new()
    {
        Kind = "ab",
        Taken = new DateTimeOffset(2026, 1, 2, 3, 4, 5, TimeSpan.Zero),
        Commit = "0123456789ab",
        Command = "./build.sh bench ab sockets epoll",
        Machine = Machine,
        Comparisons =
        [
            new Comparison
            {
                A = "sockets", B = "epoll", Work = "plaintext", Metric = "CPU per request", Unit = "µs", Verdict = Verdict.Faster,
                Ratio = 0.5, Interval = new Interval(0.45, 0.55), Pairs = 6, MedianOfA = 10, MedianOfB = 5, Refusals = [],
            },
        ],
        Cells =
        [
            new Cell { Server = "sockets", Work = "plaintext", Series = "A", CpuPerRequest = 10 },
            new Cell { Server = "epoll", Work = "plaintext", Series = "B", CpuPerRequest = 5, Refused = "wrk saw 3 status errors" },
        ],
        LatencyCells =
        [
            new Cell { Server = "sockets", Work = "plaintext", Series = "A", Latency = new LatencySummary(100, 200, 300, 400, 500) },
            new Cell { Server = "epoll", Work = "plaintext", Series = "B", Latency = new LatencySummary(90, 180, 270, 360, 450) },
        ],
        Skipped = ["instructions per request: perf is not here (apt package linux-perf)"],
    };
}
