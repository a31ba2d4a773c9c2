using FileAio.Hosting;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Options;

namespace FileAio.Tests.Hosting;

/// <summary>Options: read from configuration, and refused at start-up with the name and what is allowed.</summary>
public sealed class OptionsTests
{
    [Theory]
    [InlineData("MaxRanges", "-1", "0 or more")]
    [InlineData("MaxRanges", "many", "unlimited")]
    [InlineData("Aio", "fast", "Threads")]
    [InlineData("AioRequests", "8", "16 to 65536")]
    [InlineData("Threads", "0", "1 to 1024")]
    [InlineData("MaxQueue", "0", "1 or more")]
    [InlineData("QueueTimeout", "0", "more than 0")]
    [InlineData("QueueTimeout", "soon", "seconds")]
    [InlineData("SendTimeout", "30.00:00:00", "less than 24 days")]
    [InlineData("AioTimeout", "-00:01:00", "0 (never) or more")]
    [InlineData("DirectIoThreshold", "0", "1 byte or more")]
    [InlineData("DirectIoThreshold", "4x", "off")]
    [InlineData("CacheProbe", "perhaps", "NoWait")]
    [InlineData("ReprDigest", "perhaps", "Off, Sidecar, XAttr")]
    [InlineData("SendFile", "perhaps", "Auto, On, Off")]
    [InlineData("SendFileMaxChunk", "1k", "65536 to 1073741824")]
    [InlineData("DirectIoAlignment", "1000", "power of two")]
    [InlineData("OutputBuffers", "0 128k", "1 to 64")]
    [InlineData("OutputBuffers", "1 128", "4096 to 1048576")]
    [InlineData("OutputBuffers", "128k", "a count and a size")]
    [InlineData("OutputBuffers:Count", "65", "1 to 64")]
    [InlineData("MaxInFlightBytes", "1k", "one response")]
    [InlineData("DisableSymlinks", "perhaps", "IfNotOwner")]
    [InlineData("DisableSymlinksFrom", "/srv/www", "relative to the root")]
    [InlineData("DisableSymlinksFrom", "a/../b", "relative to the root")]
    [InlineData("IfModifiedSince", "never", "Before")]
    [InlineData("ETag", "si", "true, false")]
    [InlineData("ETagPrecision", "minutes", "Seconds")]
    [InlineData("Precompressed", "lzma", "br, zstd, gzip")]
    [InlineData("OpenFileCache:Max", "-1", "0 (no cache)")]
    [InlineData("OpenFileCache:MinUses", "0", "1 or more")]
    [InlineData("OpenFileCache:Inactive", "0", "more than 0")]
    [InlineData("LimitRate", "-5", "a size")]
    [InlineData("RequestPath", "files", "begins with /")]
    [InlineData("RequestPath", "//files", "with no //")]
    [InlineData("RequestPath", "/files/../etc", "or /../")]
    [InlineData("DefaultFiles", "index.html, ../index.html", "names in a directory")]
    [InlineData("DefaultContentType", "", "a media type")]
    [InlineData("DefaultContentType", "octets", "a media type")]
    [InlineData("HttpsCompression", "maybe", "DoNotCompress")]
    [InlineData("Aio", "1", "Threads")]
    [InlineData("Aio", "On,Off", "Threads")]
    [InlineData("Terminal", "", "true, false")]
    [InlineData("Root", "", "a folder that exists")]
    [InlineData("Root", "/no/such/folder", "a folder that exists")]
    public void An_invalid_value_fails_the_start_with_its_name_and_the_allowed_values(string name, string value, string allowed)
    {
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder();
        builder.Configuration[$"DirectIoFiles:{name}"] = value;
        WebApplication app = builder.Build();
        OptionsValidationException refused = Assert.Throws<OptionsValidationException>(() => app.UseDirectIoFiles());
        Assert.Contains($"DirectIoFiles:{name.Split(':')[0]}", refused.Message);
        Assert.Contains(allowed, refused.Message);
    }

    [Fact]
    public void Unparsable_values_and_values_out_of_range_are_reported_together()
    {
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder();
        builder.Configuration["DirectIoFiles:Aio"] = "fast";
        builder.Configuration["DirectIoFiles:MaxRanges"] = "-1";
        WebApplication app = builder.Build();
        Assert.Equal(2, Assert.Throws<OptionsValidationException>(() => app.UseDirectIoFiles()).Failures.Count());
    }

    [Fact]
    public void Every_option_binds()
    {
        DirectIoFileOptions options = Bind(new()
        {
            ["Root"] = "/",
            ["RequestPath"] = "/x",
            ["DefaultContentType"] = "a/b",
            ["ServeUnknownFileTypes"] = "true",
            ["DefaultFiles:0"] = "i",
            ["DefaultFiles:1"] = "j",
            ["RedirectToAppendTrailingSlash"] = "false",
            ["ServeDotFiles"] = "true",
            ["DisableSymlinks"] = "ifNotOwner",
            ["DisableSymlinksFrom"] = "releases/current/",
            ["HttpsCompression"] = "DoNotCompress",
            ["Terminal"] = "true",
            ["ETag"] = "false",
            ["ETagPrecision"] = "seconds",
            ["IfModifiedSince"] = "exact",
            ["MaxRanges"] = "2",
            ["Precompressed"] = "br, gzip",
            ["PrecompressedAlways"] = "true",
            ["Aio"] = "threads",
            ["AioRequests"] = "64",
            ["Threads"] = "3",
            ["MaxQueue"] = "5",
            ["QueueTimeout"] = "2.5",
            ["AioTimeout"] = "0",
            ["SendTimeout"] = "90",
            ["DirectIoThreshold"] = "4m",
            ["CacheProbe"] = "nowait",
            ["ReprDigest"] = "sidecar",
            ["SendFile"] = "on",
            ["SendFileMaxChunk"] = "512k",
            ["DirectIoAlignment"] = "4k",
            ["OutputBuffers"] = "2 256k",
            ["ReadIntoPipe"] = "false",
            ["InlineCompletions"] = "true",
            ["MaxInFlightBytes"] = "1g",
            ["ReadAhead"] = "true",
            ["OpenFileCache:Max"] = "9",
            ["OpenFileCache:Inactive"] = "20",
            ["OpenFileCache:Valid"] = "00:00:30",
            ["OpenFileCache:MinUses"] = "2",
            ["OpenFileCache:Errors"] = "true",
            ["LimitRate"] = "100k",
            ["LimitRateAfter"] = "1m",
        });
        Assert.Equal(("/", "/x", "a/b", true),
            (options.Root, options.RequestPath.Value, options.DefaultContentType, options.ServeUnknownFileTypes));
        Assert.Equal(["i", "j"], options.DefaultFiles);
        Assert.Equal((false, true, SymlinkPolicy.IfNotOwner, true, false),
            (options.RedirectToAppendTrailingSlash, options.ServeDotFiles, options.DisableSymlinks, options.Terminal, options.ETag));
        Assert.Equal(ReprDigestSource.Sidecar, options.ReprDigest);
        Assert.Equal((CacheProbe.NoWait, SendFileMode.On, 512 << 10), (options.CacheProbe, options.SendFile, options.SendFileMaxChunk));
        Assert.Equal((TimeSpan.Zero, TimeSpan.FromSeconds(90)), (options.AioTimeout, options.SendTimeout));
        Assert.Equal("releases/current/", options.DisableSymlinksFrom);
        Assert.Equal((ETagPrecision.Seconds, IfModifiedSinceMode.Exact, 2, true),
            (options.ETagPrecision, options.IfModifiedSince, options.MaxRanges, options.PrecompressedAlways));
        Assert.Equal(["br", "gzip"], options.Precompressed);
        Assert.Equal((AioMode.Threads, 64, 3, 5, TimeSpan.FromSeconds(2.5)),
            (options.Aio, options.AioRequests, options.Threads, options.MaxQueue, options.QueueTimeout));
        Assert.Equal((4 << 20, 4096, new OutputBuffers(2, 256 << 10)),
            ((int)options.DirectIoThreshold!, options.DirectIoAlignment, options.OutputBuffers));
        Assert.Equal((false, true, 1L << 30, true),
            (options.ReadIntoPipe, options.InlineCompletions == true, options.MaxInFlightBytes, options.ReadAhead));
        Assert.Equal((9, 20, 30, 2, true), (options.OpenFileCache.Max, (int)options.OpenFileCache.Inactive.TotalSeconds,
            (int)options.OpenFileCache.Valid.TotalSeconds, options.OpenFileCache.MinUses, options.OpenFileCache.Errors));
        Assert.Equal((100L << 10, 1L << 20), (options.LimitRate, options.LimitRateAfter));
    }

    [Fact]
    public void Nginx_words_and_array_forms_are_understood()
    {
        DirectIoFileOptions options = Bind(new()
        {
            ["DirectIoThreshold"] = "off",
            ["DirectIoAlignment"] = "auto",
            ["MaxRanges"] = "unlimited",
            ["OutputBuffers:0"] = "4",
            ["OutputBuffers:1"] = "64k"
        });
        Assert.Null(options.DirectIoThreshold);
        Assert.Null(options.DirectIoAlignment);
        Assert.Equal(int.MaxValue, options.MaxRanges);
        Assert.Equal(new OutputBuffers(4, 65536), options.OutputBuffers);
        Assert.Equal(new OutputBuffers(3, 8192), Bind(new() { ["OutputBuffers:Count"] = "3", ["OutputBuffers:Size"] = "8192" })
            .OutputBuffers);
    }

    private static DirectIoFileOptions Bind(Dictionary<string, string?> values)
    {
        DirectIoFileOptions options = new DirectIoFileOptions();
        Assert.Empty(DirectIoFileConfiguration.Bind(new ConfigurationBuilder().AddInMemoryCollection(values).Build(), options));
        return options;
    }
}
