using System.Diagnostics;
using FileAio.Tests.Support;
using Microsoft.Extensions.Logging;

namespace FileAio.Tests.Hostile;

/// <summary>The folder that the root's path leads to is replaced while the server runs, as deployments do it.</summary>
[Trait("Category", "Hostile")]
public sealed class SwappedRootTests : IDisposable
{
    private readonly string _parent = Directory.CreateDirectory(Path.Combine(AppContext.BaseDirectory, "roots", Path.GetRandomFileName()))
        .FullName;

    [Theory]
    [InlineData(0)]
    [InlineData(100)]
    public async Task A_replaced_link_is_followed_to_the_new_release(int names)
    {
        Release("1", "old");
        Release("2", "new");
        Directory.CreateSymbolicLink(At("current"), "releases/1");
        await using FileServer server = await FileServer.StartAsync(At("current"), options => options.OpenFileCache.Max = names);
        Assert.Equal("old", await TextAsync(server));

        Directory.CreateSymbolicLink(At("next"), "releases/2");
        Replace("next", "current");
        await BecomesAsync(server, "new");
    }

    [Theory]
    [InlineData(0)]
    [InlineData(100)]
    public async Task A_recreated_folder_is_served(int names)
    {
        Fill("www", "old");
        await using FileServer server = await FileServer.StartAsync(At("www"), options => options.OpenFileCache.Max = names);
        Assert.Equal("old", await TextAsync(server));
        Directory.Delete(At("www"), recursive: true);
        Fill("www", "new");
        await BecomesAsync(server, "new");
    }

    [Fact]
    public async Task A_folder_that_was_moved_is_no_longer_served_and_its_replacement_is()
    {
        Fill("www", "old");
        await using FileServer server = await FileServer.StartAsync(At("www"), options => options.OpenFileCache.Max = 10);
        Assert.Equal("old", await TextAsync(server));
        Directory.Move(At("www"), At("retired"));
        await BecomesAsync(server, "404");
        Fill("www", "new");
        await BecomesAsync(server, "new");
        Assert.Contains(server.Log.At(LogLevel.Warning), line => line.Contains(At("www")));
    }

    [Fact]
    public async Task A_root_that_is_a_file_serves_nothing_until_it_is_a_folder_again()
    {
        Fill("www", "old");
        await using FileServer server = await FileServer.StartAsync(At("www"));
        Directory.Move(At("www"), At("retired"));
        File.WriteAllText(At("www"), "a file");
        await BecomesAsync(server, "404");
        File.Delete(At("www"));
        Directory.Move(At("retired"), At("www"));
        await BecomesAsync(server, "old");
    }

    [Fact]
    public async Task A_download_continues_from_the_release_that_it_began_with()
    {
        byte[] content = FileTree.Pattern(32 << 20, 0);
        Release("1", "old");
        Release("2", "new");
        File.WriteAllBytes(At("releases/1/large.bin"), content);
        Directory.CreateSymbolicLink(At("current"), "releases/1");
        await using FileServer server = await FileServer.StartAsync(At("current"), options => options.OpenFileCache.Max = 10);
        using HttpClient client = new HttpClient { BaseAddress = server.Address };
        using HttpResponseMessage response =
            await client.GetAsync(new Uri("/large.bin", UriKind.Relative), HttpCompletionOption.ResponseHeadersRead, Deadline.Token);
        Directory.CreateSymbolicLink(At("next"), "releases/2");
        Replace("next", "current");
        await BecomesAsync(server, "new");
        Directory.Delete(At("releases/1"), recursive: true);
        byte[] received = await response.Content.ReadAsByteArrayAsync(Deadline.Token);
        Assert.True(content.AsSpan().SequenceEqual(received), "the download has bytes of something else");
    }

    [Fact]
    public async Task The_unchecked_part_of_a_path_is_resolved_below_the_new_root()
    {
        foreach ((string release, string text) in new[] { ("1", "old"), ("2", "new") })
        {
            Fill($"releases/{release}/build", text);
            Directory.CreateSymbolicLink(At($"releases/{release}/www"), "build");
        }

        Directory.CreateSymbolicLink(At("current"), "releases/1");
        await using FileServer server = await FileServer.StartAsync(At("current"),
            options => (options.DisableSymlinks, options.DisableSymlinksFrom) = (SymlinkPolicy.On, "www"));
        Assert.Equal("old", await TextAsync(server, "/www/file.txt"));
        Directory.CreateSymbolicLink(At("next"), "releases/2");
        Replace("next", "current");
        await BecomesAsync(server, "new", "/www/file.txt");
        File.CreateSymbolicLink(At("releases/2/build/link.txt"), "file.txt");
        Assert.Equal("403", await TextAsync(server, "/www/link.txt"));
    }

    [Fact]
    public async Task Descriptors_of_the_roots_before_are_closed()
    {
        Fill("releases/0", "0");
        Directory.CreateSymbolicLink(At("current"), "releases/0");
        await using FileServer server = await FileServer.StartAsync(At("current"), options => options.OpenFileCache.Max = 10);
        for (int release = 1; release <= 5; release++)
        {
            Fill($"releases/{release}", $"{release}");
            Directory.CreateSymbolicLink(At("next"), $"releases/{release}");
            Replace("next", "current");
            await BecomesAsync(server, $"{release}");
        }

        await Deadline.Until(() => OpenBelow("releases/4") + OpenBelow("releases/0") == 0, () => "a root that nobody serves is still open");
    }

    private void Release(string name, string text) => Fill($"releases/{name}", text);

    private void Fill(string name, string text)
    {
        Directory.CreateDirectory(At(name));
        File.WriteAllText(At(name + "/file.txt"), text);
    }

    private string At(string name) => Path.Combine(_parent, name);

    /// <summary>rename(2), which replaces a link in one step.</summary>
    private void Replace(string from, string to)
    {
        using Process move = Process.Start("mv", ["-T", At(from), At(to)]);
        move.WaitForExit();
        Assert.Equal(0, move.ExitCode);
    }

    private int OpenBelow(string name) => Directory.GetFileSystemEntries("/proc/self/fd")
        .Count(entry => new FileInfo(entry).LinkTarget is { } target
            && (target == At(name) || target.StartsWith(At(name) + "/", StringComparison.Ordinal)));

    private static async Task<string> TextAsync(FileServer server, string path = "/file.txt")
    {
        RawReply reply = await RawReply.GetAsync(server.Port, path);
        return reply.Status == 200 ? System.Text.Encoding.UTF8.GetString(reply.Body) : $"{reply.Status}";
    }

    private static async Task BecomesAsync(FileServer server, string expected, string path = "/file.txt")
    {
        string last = "";
        for (int i = 0; i < 100; i++)
        {
            last = await TextAsync(server, path);
            if (last == expected)
            {
                return;
            }

            await Task.Delay(100, Deadline.Token);
        }

        Assert.Fail($"{path} is \"{last}\", not \"{expected}\", and stays so");
    }

    public void Dispose() => Directory.Delete(_parent, recursive: true);
}
