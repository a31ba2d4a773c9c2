using System.Diagnostics;
using Bench.Load;
using Bench.Report;
using Bench.Results;
using Bench.Statistics;

namespace Bench.Tests;

public class ReportTests
{
    private static readonly string[] Browsers = ["chromium", "chromium-browser", "google-chrome", "chrome"];

    private static readonly Machine Machine = new("a <processor>", 2, "8 GiB", "6.18", "Debian", ".NET 10");

    [Fact]
    public void A_result_comes_back_as_it_was_stored()
    {
        var folder = Directory.CreateTempSubdirectory("bench-tests-").FullName;
        try
        {
            var result = Stored();
            var path = result.Save(folder);
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
        using var file = TemporaryFile.Write(text, ".json");
        Assert.Throws<InvalidDataException>(() => ResultFile.Read(file.Path));
    }

    [Fact]
    public void The_page_needs_no_network_and_escapes_what_it_shows()
    {
        var page = HtmlPage.Make([(Stored(), [])]);
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
            Assert.Skip(none);

        var folder = Directory.CreateTempSubdirectory("bench-tests-").FullName;
        try
        {
            var pictures = await Pictures.RenderAsync(Stored().Save(folder), folder, TestContext.Current.CancellationToken);
            Assert.Equal(["ab-ratios.svg", "ab-latency-plaintext.svg"], pictures.Select(Path.GetFileName));
            var ratios = await File.ReadAllTextAsync(pictures[0], TestContext.Current.CancellationToken);
            Assert.Contains("0.50", ratios);
            Assert.Contains("plaintext", ratios);
            Assert.Contains("viewBox", ratios);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    /// <summary>Laid out by a real browser at a phone's width: the text is there, and nothing is wider than the screen.</summary>
    [Fact]
    public async Task A_browser_shows_the_page()
    {
        var browser = (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':')
            .SelectMany(folder => Browsers.Select(name => Path.Combine(folder, name))).FirstOrDefault(File.Exists);
        Assert.SkipWhen(browser is null, "no browser is here (apt package chromium)");

        var folder = Directory.CreateTempSubdirectory("bench-tests-").FullName;
        try
        {
            IReadOnlyList<string> pictures = await Pictures.PrepareAsync(TestContext.Current.CancellationToken) is null
                ? [.. (await Pictures.RenderAsync(Stored().Save(folder), folder, TestContext.Current.CancellationToken)).Select(File.ReadAllText)]
                : [];
            const string Probe = "<script>document.title = 'width ' + document.documentElement.scrollWidth + ' of ' + document.documentElement.clientWidth + ', pictures ' + document.querySelectorAll('svg').length</script>";
            var page = Path.Combine(folder, "report.html");
            await File.WriteAllTextAsync(page, HtmlPage.Make([(Stored(), pictures)]).Replace("</body>", Probe + "</body>"), TestContext.Current.CancellationToken);

            var dom = await DumpAsync(browser!, page, folder);
            Assert.Contains("epoll is better", dom);
            Assert.Contains($"pictures {pictures.Count}", dom);
            var widths = System.Text.RegularExpressions.Regex.Match(dom, @"<title>width (\d+) of (\d+)");
            Assert.True(widths.Success, "the page's own script did not run");
            Assert.Equal(widths.Groups[2].Value, widths.Groups[1].Value);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static async Task<string> DumpAsync(string browser, string page, string folder)
    {
        string[] arguments =
        [
            "--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--window-size=500,900", $"--user-data-dir={folder}/profile",
            "--dump-dom", $"file://{page}",
        ];
        using var process = Process.Start(new ProcessStartInfo(browser, arguments) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        var errors = process.StandardError.ReadToEndAsync();
        var dom = await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        await errors;
        return dom;
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
