using Bench.Load;
using Bench.Report;
using Bench.Results;
using Bench.Statistics;
using Microsoft.Playwright;

namespace Bench.Tests.Report;

public class ReportTests
{
    private const string Head = "\"taken\": \"2026-01-01T00:00:00Z\", \"commit\": \"\", \"command\": \"\", ";
    private const string Processor = "\"machine\": { \"processor\": \"\", \"processors\": 2, \"memoryTotal\": \"\", \"kernel\": \"\", "
        + "\"operatingSystem\": \"\", \"runtime\": \"\" }, ";

    private static readonly Machine Machine = new("a <processor>", 2, "8 GiB", "6.18", "Debian", ".NET 10");

    [Fact]
    public void A_stored_result_is_read_unchanged()
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
    [InlineData("{ \"schema\": 3, \"kind\": \"ab\", " + Head + Processor + "\"cells\": [] }")]
    [InlineData("{ \"schema\": 2, \"kind\": \"ab\", " + Head + "\"machine\": null, \"cells\": [] }")]
    [InlineData("{ \"schema\": 2, \"kind\": \"else\", " + Head + Processor + "\"cells\": [] }")]
    [InlineData("{ \"schema\": 2, \"kind\": \"ab\", " + Head + Processor + "\"cells\": [ null ] }")]
    [InlineData("null")]
    [InlineData("{ \"schema\": 1 }")]
    [InlineData("not json")]
    public void A_file_that_is_not_a_result_is_refused(string text)
    {
        using TemporaryFile file = TemporaryFile.Write(text, ".json");
        Assert.Throws<InvalidDataException>(() => ResultFile.Read(file.Path));
    }

    [Fact]
    public void The_page_fetches_nothing_and_escapes_text()
    {
        string page = HtmlPage.Make([Stored()]);
        Assert.Contains("a &lt;processor&gt;", page);
        Assert.Contains("epoll is better", page);
        Assert.Contains("wrk saw 3 status errors", page);
        Assert.DoesNotContain("<script", page);
        Assert.DoesNotContain("src=", page);
        Assert.DoesNotContain("href=", page);
        Assert.DoesNotContain("url(", page);
        Assert.DoesNotContain("@import", page);
    }

    /// <summary>
    /// In a browser, at the width of a phone and of a desktop, light and dark: nothing is wider than the screen, no text is too small, and
    /// nothing is fetched.
    /// </summary>
    [Fact]
    public async Task A_browser_renders_the_page()
    {
        Assert.SkipWhen(Browser.Path is null, Browser.Missing);

        string folder = Directory.CreateTempSubdirectory("bench-tests-").FullName;
        try
        {
            string path = Path.Combine(folder, "report.html");
            await File.WriteAllTextAsync(path, HtmlPage.Make([Stored()]), TestContext.Current.CancellationToken);

            using IPlaywright playwright = await Playwright.CreateAsync();
            await using IBrowser chromium = await playwright.Chromium.LaunchAsync(Browser.Options);
            foreach ((int width, ColorScheme scheme) in new[] { (390, ColorScheme.Light), (1280, ColorScheme.Light),
                (390, ColorScheme.Dark), (1280, ColorScheme.Dark) })
            {
                IPage page =
                    await chromium.NewPageAsync(new() { ViewportSize = new() { Width = width, Height = 844 }, ColorScheme = scheme });
                List<string> fetched = new List<string>();
                page.Request += (_, request) => fetched.Add(request.Url);
                await page.GotoAsync($"file://{path}");
                await page.EvaluateAsync("document.querySelectorAll('details').forEach(part => part.open = true)");

                Assert.Equal([$"file://{path}"], fetched);
                Assert.Contains("epoll is better", await page.InnerTextAsync("body"));
                Assert.Equal(width, await page.EvaluateAsync<int>("document.documentElement.scrollWidth"));
                Assert.Equal(1 + Charts.Of(Stored()).Count,
                    await page.EvaluateAsync<int>(
                        "[...document.querySelectorAll('svg')].filter(picture => picture.clientWidth > 0).length"));
                string paper = await page.EvaluateAsync<string>("getComputedStyle(document.body).backgroundColor");
                Assert.Equal(scheme == ColorScheme.Dark ? "rgb(13, 17, 23)" : "rgb(255, 255, 255)", paper);
                double smallest = await page.EvaluateAsync<double>(
                    "Math.min(99, ...[...document.querySelectorAll('svg text')].map(text => text.getBoundingClientRect().height)"
                    + ".filter(height => height > 0))");
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
