using System.Text;
using FileAio.Hosting;
using FileAio.Tests.Support;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.FileProviders;
using Microsoft.Extensions.FileProviders.Physical;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.Primitives;

namespace FileAio.Tests.Hosting;

/// <summary>
/// What is served, and by which options: several mounts, services.Configure, providers, roots that come later, other systems.
/// </summary>
public sealed class MountTests(FileTree tree) : IClassFixture<FileTree>
{
    [Fact]
    public async Task Services_Configure_applies_between_configuration_and_the_delegate()
    {
        WebApplicationBuilder builder = Builder(out _);
        builder.Configuration["DirectIoFiles:Root"] = "/no/such/folder";
        builder.Configuration["DirectIoFiles:MaxRanges"] = "7";
        builder.Configuration["DirectIoFiles:Threads"] = "3";
        builder.Services.Configure<DirectIoFileOptions>(options => (options.Root, options.MaxRanges) = (tree.Root, 8));
        builder.Services.PostConfigure<DirectIoFileOptions>(options => options.LimitRateAfter = options.MaxRanges);
        DirectIoFileOptions? seen = null;
        await using WebApplication app = builder.Build();
        app.UseDirectIoFiles(options => seen = options);
        Assert.Equal((tree.Root, 8, 3, 8L), (seen!.Root, seen.MaxRanges, seen.Threads, seen.LimitRateAfter));
        await app.StartAsync();
        Assert.Equal(200, (await GetAsync(app, "/ranges.txt")).Status);
    }

    [Fact]
    public void Validators_of_the_application_are_called()
    {
        WebApplicationBuilder builder = Builder(out _);
        builder.Services.AddOptions<DirectIoFileOptions>().Validate(options => options.Root != tree.Root, "not this folder");
        WebApplication app = builder.Build();
        Assert.Contains("not this folder",
            Assert.Throws<OptionsValidationException>(() => app.UseDirectIoFiles(options => options.Root = tree.Root)).Message);
    }

    [Fact]
    public async Task Mounts_have_options_of_their_own_and_what_the_section_says_for_all()
    {
        WebApplicationBuilder builder = Builder(out _);
        builder.Configuration["DirectIoFiles:Root"] = tree.Root;
        builder.Configuration["DirectIoFiles:RequestPath"] = "/all";
        builder.Configuration["DirectIoFiles:DisableSymlinks"] = "on";
        builder.Configuration["DirectIoFiles:Mounts:downloads:Root"] = tree.At("dir");
        builder.Configuration["DirectIoFiles:Mounts:downloads:RequestPath"] = "/downloads";
        builder.Services.Configure<DirectIoFileOptions>("other",
            options => (options.Root, options.RequestPath) = (tree.At("dir2"), "/other"));
        DirectIoFileOptions? downloads = null;
        await using WebApplication app = builder.Build();
        app.UseDirectIoFiles().UseNamedDirectIoFiles("downloads", options => downloads = options).UseNamedDirectIoFiles("other");
        Assert.Equal(SymlinkPolicy.On, downloads!.DisableSymlinks);
        Assert.Equal(["/all", "/downloads", "/other"], app.DirectIoFilesStatus().Select(status => status.RequestPath));
        await app.StartAsync();
        foreach ((string path, int status) in new[] { ("/all/ranges.txt", 200), ("/downloads/inner.txt", 200), ("/other/x.txt", 200),
            ("/downloads/x.txt", 404), ("/inner.txt", 404) })
        {
            Assert.Equal(status, (await GetAsync(app, path)).Status);
        }
    }

    [Fact]
    public void A_mount_whose_name_is_misspelt_does_not_serve_the_web_root()
    {
        WebApplicationBuilder builder = Builder(out _);
        builder.Configuration["DirectIoFiles:Mounts:downloads:Root"] = tree.At("dir");
        WebApplication app = builder.Build();
        OptionsValidationException refused = Assert.Throws<OptionsValidationException>(() => app.UseNamedDirectIoFiles("downlaods"));
        Assert.Contains("DirectIoFiles:Mounts:downlaods:Root is null", refused.Message);
        Assert.Contains("is downloads", refused.Message);
    }

    [Theory]
    [InlineData("MaxRange", "DirectIoFiles:MaxRange is not an option; the nearest is MaxRanges")]
    [InlineData("disablesymlink", "DirectIoFiles:disablesymlink is not an option; the nearest is DisableSymlinks")]
    [InlineData("OpenFileCache:Maximum", "DirectIoFiles:OpenFileCache:Maximum is not an option; the nearest is Max")]
    [InlineData("OpenFilesCache:Max", "DirectIoFiles:OpenFilesCache is not an option; the nearest is OpenFileCache")]
    [InlineData("OutputBuffers:Number", "DirectIoFiles:OutputBuffers:Number is not an option")]
    [InlineData("Precompressed:br", "DirectIoFiles:Precompressed:br is not an option; allowed: a list")]
    [InlineData("MaxRanges:0", "DirectIoFiles:MaxRanges:0 is not an option; allowed: one value")]
    [InlineData("FileProvider", "DirectIoFiles:FileProvider is not an option")]
    [InlineData("Mounts:downloads:Rot", "DirectIoFiles:Mounts:downloads:Rot is not an option; the nearest is Root")]
    [InlineData("Mounts:downloads:Mounts:x:Root", "DirectIoFiles:Mounts:downloads:Mounts is not an option")]
    [InlineData("RootCheckInterval", "DirectIoFiles:RootCheckInterval is \"value\"; allowed: seconds")]
    public void An_unknown_key_fails_the_start_and_suggests_the_nearest_option(string key, string expected)
    {
        WebApplicationBuilder builder = Builder(out _);
        builder.Configuration[$"DirectIoFiles:{key}"] = "value";
        WebApplication app = builder.Build();
        Assert.Contains(expected, Assert.Throws<OptionsValidationException>(()
            => app.UseNamedDirectIoFiles("downloads", options => options.Root = tree.Root)).Message);
    }

    [Fact]
    public async Task A_web_root_that_is_made_later_is_served_then()
    {
        string parent = Directory.CreateDirectory(Path.Combine(AppContext.BaseDirectory, "roots", Path.GetRandomFileName())).FullName;
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder(new WebApplicationOptions { ContentRootPath = parent });
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        await using WebApplication app = builder.Build();
        app.UseDirectIoFiles(options => options.RootCheckInterval = TimeSpan.Zero);
        await app.StartAsync();
        Assert.Equal(404, (await GetAsync(app, "/file.txt")).Status);
        Directory.CreateDirectory(Path.Combine(parent, "wwwroot"));
        File.WriteAllText(Path.Combine(parent, "wwwroot/file.txt"), "now");
        Assert.Equal("now", Encoding.UTF8.GetString((await GetAsync(app, "/file.txt")).Body));
        Directory.Delete(parent, recursive: true);
        Assert.Equal(404, (await GetAsync(app, "/file.txt")).Status);
    }

    [Fact]
    public async Task A_composite_web_root_resolves_the_paths_of_its_files()
    {
        WebApplicationBuilder builder = Builder(out _);
        await using WebApplication app = builder.Build();
        IWebHostEnvironment environment = app.Services.GetRequiredService<IWebHostEnvironment>();
        environment.WebRootFileProvider =
            new CompositeFileProvider(new PhysicalFileProvider(tree.At("dir")), new PhysicalFileProvider(tree.Root), new InMemory());
        app.UseDirectIoFiles(options => (options.DirectIoThreshold, options.OpenFileCache.Max) = (512, 10));
        await app.StartAsync();
        Assert.Equal("inner", Encoding.UTF8.GetString((await GetAsync(app, "/inner.txt")).Body));
        Assert.Equal(tree.Bytes("b4097.bin"), (await GetAsync(app, "/b4097.bin")).Body);
        Assert.Equal("<h1>index</h1>", Encoding.UTF8.GetString((await GetAsync(app, "/")).Body));
        Assert.Equal(301, (await GetAsync(app, "/dir")).Status);
        Assert.Equal(404, (await GetAsync(app, "/.hidden.txt")).Status);
        Assert.Equal(404, (await GetAsync(app, "/nx.txt")).Status);
        Assert.Equal(InMemory.Content, (await GetAsync(app, "/memory.bin")).Body);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_stream_of_a_provider_is_served_like_a_file(bool canSeek)
    {
        WebApplicationBuilder builder = Builder(out _);
        await using WebApplication app = builder.Build();
        app.UseDirectIoFiles(options => options.FileProvider = new InMemory(canSeek));
        await app.StartAsync();
        RawReply whole = await GetAsync(app, "/memory.bin");
        Assert.Equal((200, InMemory.Content.Length.ToString()), (whole.Status, whole.Header("content-length")));
        Assert.Equal(InMemory.Content, whole.Body);
        string tag = whole.Header("etag")!;
        Assert.Equal(304, (await GetAsync(app, "/memory.bin", $"If-None-Match: {tag}")).Status);
        Assert.Equal(304, (await GetAsync(app, "/memory.bin", $"If-Modified-Since: {whole.Header("last-modified")}")).Status);
        Assert.Equal(412, (await GetAsync(app, "/memory.bin", "If-Match: \"other\"")).Status);
        RawReply part = await GetAsync(app, "/memory.bin", "Range: bytes=100000-199999", $"If-Range: {tag}");
        Assert.Equal((206, $"bytes 100000-199999/{InMemory.Content.Length}"), (part.Status, part.Header("content-range")));
        Assert.Equal(InMemory.Content[100000..200000], part.Body);
        Assert.Equal(416, (await GetAsync(app, "/memory.bin", "Range: bytes=9999999-")).Status);
        RawReply parts = await GetAsync(app, "/memory.bin", "Range: bytes=0-9,200000-200009");
        Assert.Equal(206, parts.Status);
        Assert.Equal(parts.Header("content-length"), parts.Body.Length.ToString());
        Assert.True(parts.Body.AsSpan().IndexOf(InMemory.Content.AsSpan(200000, 10)) > 0, "the second part is not there");
        RawReply head = await RawReply.SendAsync(Port(app), "HEAD /memory.bin HTTP/1.1");
        Assert.Equal((200, 0, tag), (head.Status, head.Body.Length, head.Header("etag")));
    }

    [Fact]
    public async Task All_parts_of_a_stream_arrive_on_a_connection_that_stays_open()
    {
        WebApplicationBuilder builder = Builder(out _);
        await using WebApplication app = builder.Build();
        app.UseDirectIoFiles(options => options.FileProvider = new InMemory());
        await app.StartAsync();
        using HttpClient client = new HttpClient { BaseAddress = new Uri($"http://127.0.0.1:{Port(app)}") };
        using HttpRequestMessage request = new HttpRequestMessage(HttpMethod.Get, "/memory.bin");
        request.Headers.Add("Range", "bytes=0-9,200000-200009");
        using HttpResponseMessage response =
            await client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, Deadline.Token).WithinDeadline();
        byte[] body = await response.Content.ReadAsByteArrayAsync(Deadline.Token).WithinDeadline();
        Assert.Equal(response.Content.Headers.ContentLength, body.Length);
        Assert.EndsWith("--\r\n", Encoding.Latin1.GetString(body));
    }

    [Fact]
    public async Task A_stream_shorter_than_announced_ends_the_connection()
    {
        WebApplicationBuilder builder = Builder(out _);
        await using WebApplication app = builder.Build();
        app.UseDirectIoFiles(options => options.FileProvider = new InMemory(promised: InMemory.Content.Length + 1));
        await app.StartAsync();
        using HttpClient client = new HttpClient { BaseAddress = new Uri($"http://127.0.0.1:{Port(app)}") };
        await Assert.ThrowsAnyAsync<Exception>(() => client.GetByteArrayAsync(new Uri("/memory.bin", UriKind.Relative)).WithinDeadline());
    }

    [Fact]
    public async Task A_mount_may_serve_one_dot_directory()
    {
        tree.Write(".well-known/security.txt", "contact");
        WebApplicationBuilder builder = Builder(out _);
        await using WebApplication app = builder.Build();
        app.UseDirectIoFiles(options => options.Root = tree.Root);
        app.UseDirectIoFiles(options =>
            (options.Root, options.RequestPath) = (tree.At(".well-known"), "/.well-known"));
        await app.StartAsync();
        Assert.Equal("contact", Encoding.UTF8.GetString((await GetAsync(app, "/.well-known/security.txt")).Body));
        Assert.Equal(404, (await GetAsync(app, "/.hidden.txt")).Status);
    }

    [Fact]
    public void Links_cannot_be_checked_for_a_provider()
    {
        WebApplication app = Builder(out _).Build();
        OptionsValidationException refused = Assert.Throws<OptionsValidationException>(
            () => app.UseDirectIoFiles(options
                => (options.FileProvider, options.DisableSymlinks) = (new InMemory(), SymlinkPolicy.Beneath)));
        Assert.Contains("DirectIoFiles:DisableSymlinks is Beneath; allowed: Off where files come from InMemory", refused.Message);
    }

    [Fact]
    public void Options_that_protect_files_fail_the_start_on_other_systems()
    {
        WebApplicationBuilder builder = Builder(out _);
        builder.Services.AddSingleton(new FilePlatform("Plan9 is not Linux"));
        WebApplication app = builder.Build();
        OptionsValidationException refused = Assert.Throws<OptionsValidationException>(
            () => app.UseDirectIoFiles(options => (options.Root, options.DisableSymlinks) = (tree.Root, SymlinkPolicy.On)));
        Assert.Contains("DirectIoFiles:DisableSymlinks is On; allowed: Off where Plan9 is not Linux", refused.Message);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Other_systems_are_served_by_the_framework_which_is_logged(bool provided)
    {
        WebApplicationBuilder builder = Builder(out LogLines log);
        builder.Services.AddSingleton(new FilePlatform("Plan9 is not Linux"));
        await using WebApplication app = builder.Build();
        app.UseDirectIoFiles(options =>
        {
            (options.RequestPath, options.Root) = ("/files", provided ? null : tree.Root);
            options.FileProvider = provided ? new CompositeFileProvider(new PhysicalFileProvider(tree.Root, ExclusionFilters.None)) : null;
        });
        Assert.Contains(log.At(LogLevel.Warning), line => line.Contains("Plan9 is not Linux") && line.Contains("UseStaticFiles"));
        Assert.Empty(app.DirectIoFilesStatus());
        await app.StartAsync();
        Assert.Equal(tree.Bytes("ranges.txt"), (await GetAsync(app, "/files/ranges.txt")).Body);
        Assert.Equal("<h1>index</h1>", Encoding.UTF8.GetString((await GetAsync(app, "/files/dir/")).Body));
        Assert.Equal(404, (await GetAsync(app, "/files/.hidden.txt")).Status);
    }

    private WebApplicationBuilder Builder(out LogLines log)
    {
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder(new WebApplicationOptions { ContentRootPath = tree.Root });
        log = new LogLines();
        builder.Logging.ClearProviders().AddProvider(log);
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        builder.Services.ConfigureAll<DirectIoFileOptions>(static options => options.ServeUnknownFileTypes = true);
        return builder;
    }

    private static int Port(WebApplication app) =>
        new Uri(app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First()).Port;

    private static Task<RawReply> GetAsync(WebApplication app, string path, params string[] headers)
        => RawReply.GetAsync(Port(app), path, headers);

    /// <summary>One file, as an assembly's resource would be: no place on a disk.</summary>
    private sealed class InMemory(bool canSeek = true, long? promised = null) : IFileProvider
    {
        public static readonly byte[] Content = FileTree.Pattern(300001, 0);

        public IDirectoryContents GetDirectoryContents(string subpath) => NotFoundDirectoryContents.Singleton;

        public IFileInfo GetFileInfo(string subpath)
            => subpath == "/memory.bin" ? new Entry(canSeek, promised ?? Content.Length) : new NotFoundFileInfo(subpath);

        public IChangeToken Watch(string filter) => NullChangeToken.Singleton;

        private sealed class Entry(bool canSeek, long length) : IFileInfo
        {
            public bool Exists => true;

            public bool IsDirectory => false;

            public DateTimeOffset LastModified => new(FileTree.Modified.AddTicks(1234567));

            public long Length => length;

            public string Name => "memory.bin";

            public string? PhysicalPath => null;

            public Stream CreateReadStream() => canSeek ? new MemoryStream(Content, writable: false) : new Unseekable();
        }

        private sealed class Unseekable() : MemoryStream(Content, writable: false)
        {
            public override bool CanSeek => false;

            public override long Position { get => throw new InvalidOperationException(); set => throw new InvalidOperationException(); }
        }
    }
}
