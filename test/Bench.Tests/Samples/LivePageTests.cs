using System.Net;
using System.Text.Json;
using Bench.Servers;
using Microsoft.Playwright;

namespace Bench.Tests.Samples;

/// <summary>The live page of samples/WebApp, served by two transports in one process.</summary>
public sealed class LivePageTests : IAsyncLifetime
{
    private const float Patience = 90_000;

    /// <summary>Collects every figure that the page shows: a load may be over before a slow machine looks at the last of them.</summary>
    private const string Watch = """
        () => {
          window.seen = {};
          new MutationObserver(() => {
            for (const cell of document.querySelectorAll('dd'))
              if (!['–', '0', ''].includes(cell.textContent)) seen[cell.id] = cell.textContent;
            if (document.getElementById('status').textContent.startsWith('running: ')) seen.status = true;
          }).observe(document.body, { subtree: true, childList: true, characterData: true });
        }
        """;

    private static readonly SampleApp App = new(
        "WebApp", (first, second, _) => ["--ports", $"{first},{second}"], Reports: true);

    private readonly string _files = Directory.CreateTempSubdirectory("bench-tests-").FullName;
    private WebAppServer? _server;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        await File.WriteAllBytesAsync(Path.Combine(_files, "large.bin"), new byte[4 << 20], Cancellation);
        _server = await WebAppServer.StartAsync(
            App, ServerSpec.Parse("epoll,sockets"), CorePlacement.Shared, ["--files", _files], "/files/", Cancellation);
    }

    public async ValueTask DisposeAsync()
    {
        if (_server is not null)
        {
            await _server.DisposeAsync();
        }

        Directory.Delete(_files, recursive: true);
    }

    /// <summary>
    /// At the width of a phone and of a desktop, dark and light: the loads are started by their buttons, both sides show figures, nothing
    /// is wider than the screen, and nothing is fetched from elsewhere.
    /// </summary>
    [Fact]
    public async Task A_browser_starts_loads_and_shows_both_transports()
    {
        Assert.SkipWhen(Browser.Path is null, Browser.Missing);
        using IPlaywright playwright = await Playwright.CreateAsync();
        await using IBrowser chromium = await playwright.Chromium.LaunchAsync(Browser.Options);
        foreach ((int width, ColorScheme scheme, string paper, string kind) in new[]
        {
            (390, ColorScheme.Dark, "rgb(13, 17, 23)", "Plaintext"), (1280, ColorScheme.Light, "rgb(255, 255, 255)", "Blocked"),
        })
        {
            IPage page = await chromium.NewPageAsync(new() { ViewportSize = new() { Width = width, Height = 844 }, ColorScheme = scheme });
            List<string> fetched = new List<string>();
            List<string> complaints = new List<string>();
            page.Request += (_, request) => fetched.Add(request.Url);
            page.PageError += (_, error) => complaints.Add(error);
            page.Console += (_, message) => complaints.AddRange(message.Type == "error" ? [message.Text] : Array.Empty<string>());
            await page.GotoAsync(_server!.Http + "/");
            await page.EvaluateAsync(Watch);
            await page.ClickAsync($"#{kind}-all", new() { Timeout = Patience });
            await page.WaitForFunctionAsync(
                "cells => cells.every(cell => cell in seen)", new[]
                {
                    "status", "requests-0-value", "requests-1-value", "p50-0-value", "p50-1-value", "p99-0-value", "p99-1-value",
                    "connections-1-value", "workers-0-value",
                }, new() { Timeout = Patience });
            if (Environment.GetEnvironmentVariable("LIVE_PAGE_PICTURES") is { Length: > 0 } folder)
            {
                await page.ScreenshotAsync(new() { Path = Path.Combine(folder, $"live-{width}.png"), FullPage = true });
            }

            Assert.Equal(width, await page.EvaluateAsync<int>("document.documentElement.scrollWidth"));
            Assert.Equal(paper, await page.EvaluateAsync<string>("getComputedStyle(document.body).backgroundColor"));
            Assert.True(await page.EvaluateAsync<bool>(
                "(() => { const c = document.getElementById('requests'); const p = c.getContext('2d')"
                + ".getImageData(0, 0, c.width, c.height).data; return c.width > 100 && p.some(value => value > 0); })()"));
            Assert.All(fetched.Where(url => !url.StartsWith("data:", StringComparison.Ordinal)),
                url => Assert.StartsWith(_server.Http, url, StringComparison.Ordinal));
            await page.WaitForFunctionAsync(
                "document.getElementById('status').textContent === 'idle'", null, new() { Timeout = Patience });
            Assert.Equal(["0", "0"], new[] { await page.InnerTextAsync("#errors-0-value"), await page.InnerTextAsync("#errors-1-value") });
            Assert.Empty(complaints);
            await page.CloseAsync();
        }
    }

    [Fact]
    public async Task A_load_is_bounded_and_the_other_side_is_left_alone()
    {
        using HttpClient client = new HttpClient { BaseAddress = new Uri(_server!.Http) };
        Assert.Equal(HttpStatusCode.NoContent, await StartAsync("side=1&kind=Ranges"));
        Assert.Equal(HttpStatusCode.Conflict, await StartAsync("side=1&kind=Slow"));
        Assert.Equal(HttpStatusCode.Conflict, await StartAsync("side=2&kind=Plaintext"));
        Assert.Equal(HttpStatusCode.BadRequest, await StartAsync("side=0&kind=Everything"));

        // The load answers, ends by itself, and no request of it failed.
        bool answered = false;
        await foreach (JsonElement snapshot in SnapshotsAsync(client))
        {
            JsonElement side = snapshot.GetProperty("sides")[1];
            Assert.Equal(JsonValueKind.Null, snapshot.GetProperty("sides")[0].GetProperty("load").ValueKind);
            answered |= side.GetProperty("bytes").ValueKind == JsonValueKind.Number && side.GetProperty("bytes").GetInt64() > 1 << 20;
            if (answered && side.GetProperty("load").ValueKind == JsonValueKind.Null)
            {
                Assert.Equal(0, side.GetProperty("errors").GetInt64());
                break;
            }
        }

        Assert.True(answered);
        // And the next one may start: one whose clients leave with the server, which waits for no slow reader.
        Assert.Equal(HttpStatusCode.NoContent, await StartAsync("side=1&kind=Plaintext"));

        async Task<HttpStatusCode> StartAsync(string query)
        {
            using HttpResponseMessage answer = await client.PostAsync(new Uri($"/live/load?{query}", UriKind.Relative), null, Cancellation);
            return answer.StatusCode;
        }
    }

    private static async IAsyncEnumerable<JsonElement> SnapshotsAsync(HttpClient client)
    {
        await using Stream stream = await client.GetStreamAsync(new Uri("/live/events", UriKind.Relative), Cancellation);
        using StreamReader reader = new StreamReader(stream);
        while (await reader.ReadLineAsync(Cancellation) is { } line)
        {
            if (line.StartsWith("data: ", StringComparison.Ordinal))
            {
                yield return JsonDocument.Parse(line["data: ".Length..]).RootElement;
            }
        }
    }
}
