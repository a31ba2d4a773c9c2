using System.Diagnostics;
using System.Security.Cryptography;
using System.Text;
using FileAio.Requests;
using FileAio.Tests.Support;
using Microsoft.AspNetCore.Builder;

namespace FileAio.Tests.Http;

/// <summary>Repr-Digest of RFC 9530: of the whole selected representation, and only where one is sent.</summary>
public sealed class ReprDigestTests(FileTree tree) : IClassFixture<FileTree>
{
    private const string Name = "digest.txt";
    private static readonly byte[] Content = FileTree.Pattern(40_000, 0);

    [Theory]
    [InlineData("GET", 200, true)]
    [InlineData("HEAD", 200, true)]
    [InlineData("GET", 206, true, "Range: bytes=5-9")]
    [InlineData("GET", 206, true, "Range: bytes=5-9,20-29")]
    [InlineData("GET", 416, false, "Range: bytes=50000-")]
    [InlineData("GET", 304, false, "If-None-Match: *")]
    [InlineData("GET", 412, false, "If-Match: \"other\"")]
    public async Task The_digest_is_that_of_the_whole_file(string method, int status, bool isSent, params string[] headers)
    {
        Write(Name, Content);
        await using FileServer server = await StartAsync(ReprDigestSource.Sidecar);
        RawReply reply = await RawReply.SendAsync(server.Port, $"{method} /{Name} HTTP/1.1", headers);
        Assert.Equal(status, reply.Status);
        Assert.Equal(isSent ? FieldOf(Content) : null, reply.Header("repr-digest"));
    }

    [Fact]
    public async Task A_precompressed_file_has_its_own_digest()
    {
        byte[] packed = FileTree.Pattern(300, 1);
        Write(Name, Content);
        Write(Name + ".gz", packed);
        await using FileServer server = await StartAsync(ReprDigestSource.Sidecar, options => options.Precompressed = ["gzip"]);
        Assert.Equal(FieldOf(packed), (await RawReply.GetAsync(server.Port, $"/{Name}", "Accept-Encoding: gzip")).Header("repr-digest"));
        Assert.Equal(FieldOf(Content), (await RawReply.GetAsync(server.Port, $"/{Name}")).Header("repr-digest"));
    }

    [Fact]
    public async Task A_response_that_is_compressed_has_none()
    {
        Write(Name, Content);
        await using FileServer server = await FileServer.StartAsync(
            tree.Root, options => options.ReprDigest = ReprDigestSource.Sidecar,
            before: builder => builder.Services.AddResponseCompression(),
            first: app => app.UseResponseCompression());
        RawReply reply = await RawReply.GetAsync(server.Port, $"/{Name}", "Accept-Encoding: gzip");
        Assert.Equal("gzip", reply.Header("content-encoding"));
        Assert.Null(reply.Header("repr-digest"));
        Assert.Equal(FieldOf(Content), (await RawReply.GetAsync(server.Port, $"/{Name}")).Header("repr-digest"));
    }

    [Theory]
    [InlineData("")]
    [InlineData("not a digest")]
    [InlineData("0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdeg")]
    [InlineData("0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef0")]
    public async Task An_invalid_sidecar_is_ignored(string text)
    {
        Write(Name, Content);
        tree.Write(Name + ".sha256", text);
        await using FileServer server = await StartAsync(ReprDigestSource.Sidecar);
        Assert.Null((await RawReply.GetAsync(server.Port, $"/{Name}")).Header("repr-digest"));
    }

    [Fact]
    public async Task A_sidecar_that_is_older_than_the_file_is_ignored()
    {
        Write(Name, Content);
        await using FileServer server = await StartAsync(ReprDigestSource.Sidecar);
        Assert.NotNull((await RawReply.GetAsync(server.Port, $"/{Name}")).Header("repr-digest"));
        File.AppendAllText(tree.At(Name), "more");
        Assert.Null((await RawReply.GetAsync(server.Port, $"/{Name}")).Header("repr-digest"));
        File.Delete(tree.At(Name + ".sha256"));
        Assert.Null((await RawReply.GetAsync(server.Port, $"/{Name}")).Header("repr-digest"));
    }

    /// <summary>As a rollback or rsync -t does it: the time of modification comes with the file.</summary>
    [Fact]
    public async Task A_sidecar_is_ignored_if_the_file_was_replaced_by_an_older_version()
    {
        Write(Name, Content);
        await using FileServer server = await StartAsync(ReprDigestSource.Sidecar);
        Assert.NotNull((await RawReply.GetAsync(server.Port, $"/{Name}")).Header("repr-digest"));
        tree.Write("previous.txt", "previous");
        File.SetLastWriteTimeUtc(tree.At("previous.txt"), new DateTime(2001, 1, 1, 0, 0, 0, DateTimeKind.Utc));
        File.Move(tree.At("previous.txt"), tree.At(Name), overwrite: true);
        RawReply reply = await RawReply.GetAsync(server.Port, $"/{Name}");
        Assert.Equal("previous", Encoding.UTF8.GetString(reply.Body));
        Assert.Null(reply.Header("repr-digest"));
    }

    [Fact]
    public async Task The_digest_is_read_from_the_extended_attribute()
    {
        tree.Write("attribute.txt", Content);
        Assert.SkipUnless(SetAttribute("attribute.txt", Convert.ToHexStringLower(SHA256.HashData(Content))), "setfattr is not installed");
        await using FileServer server = await StartAsync(ReprDigestSource.XAttr);
        Assert.Equal(FieldOf(Content), (await RawReply.GetAsync(server.Port, "/attribute.txt")).Header("repr-digest"));
        Assert.Null((await RawReply.GetAsync(server.Port, "/ranges.txt")).Header("repr-digest"));
    }

    [Fact]
    public async Task There_is_none_by_default()
    {
        Write(Name, Content);
        await using FileServer server = await StartAsync(ReprDigestSource.Off);
        Assert.Null((await RawReply.GetAsync(server.Port, $"/{Name}")).Header("repr-digest"));
    }

    [Fact]
    public void The_value_is_that_of_the_RFC()
    {
        // Appendix B.1: {"hello": "world"} and a line feed.
        Assert.Equal("sha-256=:RK/0qy18MlBSVnWgjwz6lZEWjP/lF5HF9bvEF8FabDg=:",
            ReprDigest.Parse("44aff4ab2d7c3250525675a08f0cfa9591168cffe51791c5f5bbc417c15a6c38  hello.json\n"u8));
    }

    /// <summary>sha256sum puts a backslash before the digits if it has to escape the name.</summary>
    [Theory]
    [InlineData("back\\slash.txt", "/back%5Cslash.txt")]
    [InlineData("line\nbreak.txt", "/line%0Abreak.txt")]
    public async Task A_name_that_sha256sum_escapes_has_a_digest(string name, string target)
    {
        tree.Write(name, Content);
        using Process sum = Process.Start(new ProcessStartInfo("sha256sum", [name])
        {
            WorkingDirectory = tree.Root,
            RedirectStandardOutput = true,
        })!;
        tree.Write(name + ".sha256", await sum.StandardOutput.ReadToEndAsync(Deadline.Token));
        await using FileServer server = await StartAsync(ReprDigestSource.Sidecar);
        Assert.Equal(FieldOf(Content), (await RawReply.GetAsync(server.Port, target)).Header("repr-digest"));
    }

    private Task<FileServer> StartAsync(ReprDigestSource source, Action<DirectIoFileOptions>? configure = null) =>
        FileServer.StartAsync(tree.Root, options =>
        {
            options.ReprDigest = source;
            configure?.Invoke(options);
        });

    /// <summary>Writes a file and its sidecar, as sha256sum does.</summary>
    private void Write(string name, byte[] content)
    {
        tree.Write(name, content);
        tree.Write(name + ".sha256", $"{Convert.ToHexStringLower(SHA256.HashData(content))}  {name}\n");
    }

    private static string FieldOf(byte[] content) => $"sha-256=:{Convert.ToBase64String(SHA256.HashData(content))}:";

    private bool SetAttribute(string name, string value)
    {
        try
        {
            using Process process = Process.Start("setfattr", ["-n", "user.sha256", "-v", value, tree.At(name)]);
            process.WaitForExit();
            return process.ExitCode == 0;
        }
        catch (System.ComponentModel.Win32Exception)
        {
            return false;
        }
    }
}
