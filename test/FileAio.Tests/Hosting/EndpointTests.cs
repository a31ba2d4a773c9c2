using System.Net;
using System.Security.Claims;
using System.Text.Encodings.Web;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.RateLimiting;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace FileAio.Tests.Hosting;

/// <summary>MapDirectIoFiles: what the middleware does, as an endpoint with an endpoint's metadata.</summary>
public sealed class EndpointTests : IDisposable
{
    private readonly string _root = Directory.CreateTempSubdirectory("fileaio-endpoint-").FullName;

    public EndpointTests()
    {
        Directory.CreateDirectory(Path.Combine(_root, "sub"));
        File.WriteAllText(Path.Combine(_root, "a.txt"), "0123456789");
        File.WriteAllText(Path.Combine(_root, "sub", "b c.txt"), "below");
        File.WriteAllText(Path.Combine(_root, "sub", "index.html"), "<p>sub</p>");
    }

    public void Dispose() => Directory.Delete(_root, recursive: true);

    [Fact]
    public async Task Files_ranges_and_directories_are_served_below_the_pattern()
    {
        await using WebApplication app = await StartAsync(app => app.MapDirectIoFiles("/models/{**path}", _root));
        Assert.Equal((200, "0123456789"), await GetAsync(app, "/models/a.txt"));
        Assert.Equal((206, "345"), await GetAsync(app, "/models/a.txt", range: "bytes=3-5"));
        Assert.Equal((200, "below"), await GetAsync(app, "/models/sub/b%20c.txt"));
        Assert.Equal((200, "<p>sub</p>"), await GetAsync(app, "/models/sub/"));
        Assert.Equal((200, "0123456789"), await GetAsync(app, "/MODELS/a.txt"));
        Assert.Equal(404, (await GetAsync(app, "/models/none.txt")).Status);
        Assert.Equal(404, (await GetAsync(app, "/models/")).Status);
        Assert.Equal(404, (await GetAsync(app, "/models")).Status);
        Assert.Equal(404, (await GetAsync(app, "/models/..%2f..%2fetc/passwd")).Status);
        Assert.Equal(405, (await SendAsync(app, HttpMethod.Post, "/models/a.txt")).Status);
        Assert.Equal((200, ""), await SendAsync(app, HttpMethod.Head, "/models/a.txt"));
    }

    [Fact]
    public async Task A_directory_without_its_slash_is_redirected_within_the_pattern()
    {
        await using WebApplication app = await StartAsync(app => app.MapGroup("/v1").MapDirectIoFiles("/models/{**path}", _root));
        using HttpClient client = new(new SocketsHttpHandler { AllowAutoRedirect = false }) { BaseAddress = AddressOf(app) };
        using HttpResponseMessage response = await client.GetAsync("/v1/models/sub");
        Assert.Equal((HttpStatusCode.MovedPermanently, "/v1/models/sub/"),
            (response.StatusCode, response.Headers.Location?.OriginalString));
    }

    [Fact]
    public async Task A_default_document_is_served_at_the_pattern_itself()
    {
        await using WebApplication app = await StartAsync(app => app.MapDirectIoFiles("/docs/{**path}", Path.Combine(_root, "sub")));
        Assert.Equal((200, "<p>sub</p>"), await GetAsync(app, "/docs/"));
    }

    [Fact]
    public async Task A_path_without_a_file_gets_the_fallback_file_unless_it_names_one()
    {
        File.WriteAllText(Path.Combine(_root, "app.html"), "<p>app</p>");
        await using WebApplication app = await StartAsync(app =>
        {
            app.MapGet("/app/api", () => "api");
            app.MapDirectIoFiles("/app/{**path}", _root, fallbackFile: "app.html");
            app.MapDirectIoFiles("/none/{**path}", _root, fallbackFile: "missing.html");
        });
        Assert.Equal((200, "0123456789"), await GetAsync(app, "/app/a.txt"));
        Assert.Equal((200, "<p>app</p>"), await GetAsync(app, "/app/orders/17"));
        Assert.Equal((200, "<p>app</p>"), await GetAsync(app, "/app/"));
        Assert.Equal((200, "<p>app</p>"), await GetAsync(app, "/app"));
        Assert.Equal((206, "app"), await GetAsync(app, "/app/v1.2/orders", range: "bytes=3-5"));
        Assert.Equal((200, ""), await SendAsync(app, HttpMethod.Head, "/app/orders"));
        Assert.Equal((200, "<p>sub</p>"), await GetAsync(app, "/app/sub/"));
        Assert.Equal((200, "api"), await GetAsync(app, "/app/api"));
        Assert.Equal(404, (await GetAsync(app, "/app/missing.js")).Status);
        Assert.Equal(405, (await SendAsync(app, HttpMethod.Post, "/app/orders")).Status);
        Assert.Equal(404, (await GetAsync(app, "/none/orders")).Status);
        Assert.Equal((200, "0123456789"), await GetAsync(app, "/none/a.txt"));
    }

    /// <summary>The output cache keeps a copy: later requests get the bytes of the first, whatever the file is then.</summary>
    [Fact]
    public async Task The_output_cache_stores_responses_where_the_endpoint_says_so()
    {
        await using WebApplication app = await StartAsync(
            app =>
            {
                app.UseOutputCache();
                app.MapDirectIoFiles("/cached/{**path}", _root).CacheOutput(policy => policy.Expire(TimeSpan.FromHours(1)));
                app.MapDirectIoFiles("/plain/{**path}", _root);
            },
            builder => builder.Services.AddOutputCache());

        // A part is not stored: the next request for the whole file gets all of it.
        Assert.Equal((206, "345"), await GetAsync(app, "/cached/a.txt", range: "bytes=3-5"));
        Assert.Equal((200, "0123456789"), await GetAsync(app, "/cached/a.txt"));
        Assert.Equal((200, "0123456789"), await GetAsync(app, "/plain/a.txt"));
        File.WriteAllText(Path.Combine(_root, "a.txt"), "changed");
        Assert.Equal((200, "0123456789"), await GetAsync(app, "/cached/a.txt"));
        Assert.Equal((200, "changed"), await GetAsync(app, "/plain/a.txt"));
    }

    [Theory, InlineData("/index.html"), InlineData("")]
    public void A_fallback_file_outside_of_the_folder_is_refused(string file)
    {
        WebApplication app = WebApplication.CreateSlimBuilder().Build();
        Assert.Throws<ArgumentException>(() => app.MapDirectIoFiles("/app/{**path}", _root, file));
    }

    [Fact]
    public async Task Other_parameters_of_the_pattern_are_the_routes_own()
    {
        await using WebApplication app = await StartAsync(app => app.MapDirectIoFiles("/{tenant}/files/{**path}", _root));
        Assert.Equal((200, "0123456789"), await GetAsync(app, "/acme/files/a.txt"));
        Assert.Equal((200, "below"), await GetAsync(app, "/sub/files/sub/b%20c.txt"));
    }

    [Fact]
    public async Task Authorization_and_rate_limits_apply()
    {
        await using WebApplication app = await StartAsync(
            app =>
            {
                app.UseAuthentication();
                app.UseAuthorization();
                app.UseRateLimiter();
                app.MapDirectIoFiles("/private/{**path}", _root).RequireAuthorization();
                app.MapDirectIoFiles("/limited/{**path}", _root).RequireRateLimiting("two");
            },
            builder =>
            {
                builder.Services.AddAuthentication("header").AddScheme<AuthenticationSchemeOptions, HeaderAuthentication>("header", null);
                builder.Services.AddAuthorization();
                builder.Services.AddRateLimiter(options => options.AddFixedWindowLimiter("two", limit =>
                    (limit.PermitLimit, limit.Window) = (2, TimeSpan.FromDays(1))));
            });
        Assert.Equal(401, (await GetAsync(app, "/private/a.txt")).Status);
        Assert.Equal((200, "0123456789"), await GetAsync(app, "/private/a.txt", user: "me"));
        Assert.Equal(200, (await GetAsync(app, "/limited/a.txt")).Status);
        Assert.Equal(200, (await GetAsync(app, "/limited/a.txt")).Status);
        Assert.Equal(503, (await GetAsync(app, "/limited/a.txt")).Status);
    }

    [Fact]
    public async Task Middleware_after_the_endpoint_sees_the_request_as_it_was()
    {
        (string? Endpoint, string Path, string PathBase) seen = default;
        await using WebApplication app = await StartAsync(app =>
        {
            app.Use(async (context, next) =>
            {
                await next();
                seen = (context.GetEndpoint()?.DisplayName, context.Request.Path, context.Request.PathBase);
            });
            app.MapDirectIoFiles("/models/{**path}", _root);
        });
        Assert.Equal(200, (await GetAsync(app, "/models/a.txt")).Status);
        Assert.Equal(("Direct I/O files /models/{**path}", "/models/a.txt", ""), seen);
    }

    [Fact]
    public void A_pattern_without_a_catch_all_and_wrong_options_fail_at_once()
    {
        WebApplication app = WebApplication.CreateSlimBuilder().Build();
        ArgumentException refused = Assert.Throws<ArgumentException>(() => app.MapDirectIoFiles("/models/{path}", _root));
        Assert.Contains("{**path}", refused.Message, StringComparison.Ordinal);
        Assert.Throws<OptionsValidationException>(() => app.MapDirectIoFiles(
            "/models/{**path}", options => (options.Root, options.Threads) = (_root, 0)));
    }

    [Fact]
    public async Task The_health_check_names_the_engine_of_each_mount()
    {
        await using WebApplication app = await StartAsync(
            app =>
            {
                app.MapDirectIoFiles("/models/{**path}", options => (options.Root, options.Aio) = (_root, AioMode.Off));
                app.UseDirectIoFiles(options => (options.Root, options.RequestPath, options.Aio) = (_root, "/files", AioMode.Threads));
            },
            builder => builder.Services.AddHealthChecks().AddDirectIoFiles());
        HealthReport report = await app.Services.GetRequiredService<HealthCheckService>().CheckHealthAsync();
        HealthReportEntry entry = report.Entries["direct-io-files"];
        Assert.Equal(HealthStatus.Healthy, entry.Status);
        Assert.Equal(2, entry.Data.Count);
        Assert.Equal(["/models/{**path}", "/files"], app.DirectIoFilesStatus().Select(status => status.RequestPath));
    }

    private static async Task<WebApplication> StartAsync(Action<WebApplication> configure, Action<WebApplicationBuilder>? build = null)
    {
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        build?.Invoke(builder);
        WebApplication app = builder.Build();
        configure(app);
        await app.StartAsync(Deadline.Token);
        return app;
    }

    private static Uri AddressOf(WebApplication app) =>
        new(app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First());

    private static Task<(int Status, string Body)> GetAsync(WebApplication app, string path, string? range = null, string? user = null) =>
        SendAsync(app, HttpMethod.Get, path, range, user);

    private static async Task<(int Status, string Body)> SendAsync(
        WebApplication app, HttpMethod method, string path, string? range = null, string? user = null)
    {
        using HttpClient client = new() { BaseAddress = AddressOf(app), Timeout = Deadline.Default };
        using HttpRequestMessage request = new(method, path);
        if (range is not null)
        {
            request.Headers.TryAddWithoutValidation("Range", range);
        }

        if (user is not null)
        {
            request.Headers.Add("X-User", user);
        }

        using HttpResponseMessage response = await client.SendAsync(request, Deadline.Token);
        return ((int)response.StatusCode, await response.Content.ReadAsStringAsync(Deadline.Token));
    }

    /// <summary>Whoever names a user is that user.</summary>
    private sealed class HeaderAuthentication(
        IOptionsMonitor<AuthenticationSchemeOptions> options, ILoggerFactory loggers, UrlEncoder encoder)
        : AuthenticationHandler<AuthenticationSchemeOptions>(options, loggers, encoder)
    {
        protected override Task<AuthenticateResult> HandleAuthenticateAsync()
        {
            string? user = Request.Headers["X-User"];
            if (user is null)
            {
                return Task.FromResult(AuthenticateResult.NoResult());
            }

            ClaimsPrincipal principal = new(new ClaimsIdentity([new Claim("name", user)], "header"));
            return Task.FromResult(AuthenticateResult.Success(new AuthenticationTicket(principal, "header")));
        }
    }
}
