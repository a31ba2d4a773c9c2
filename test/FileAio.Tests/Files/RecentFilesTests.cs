using System.Runtime.Versioning;
using FileAio.Files;
using FileAio.Tests.Support;
using Microsoft.Extensions.Logging.Abstractions;

namespace FileAio.Tests.Files;

/// <summary>Small files that stay open between requests: no response may differ from that of a file opened for the request.</summary>
[SupportedOSPlatform("linux")]
public sealed class RecentFilesTests : IDisposable
{
    private readonly FileTree _tree = new();
    private readonly FileRoot _root;
    private readonly RecentFiles _recent;

    public RecentFilesTests()
    {
        _root = Open(new DirectIoFileOptions());
        _recent = _root.Recent!;
        Assert.SkipWhen(_recent is null, "the tests' folder is on a filesystem whose files are not kept");
    }

    [Theory]
    [InlineData("ranges.txt")]
    [InlineData("link.txt")]
    [InlineData("linkdir/inner.txt")]
    [InlineData("\u00fcn\u00ef.txt")]
    public void An_unchanged_file_stays_open(string name)
    {
        OpenedFile file = Open(name);
        _recent.Add(name, file);
        OpenedFile? again = _recent.TryGet(name);
        Assert.Same(file, again);
        again!.Release();
        file.Release();
        _recent.Clear();
        Assert.False(file.TryAddReference(), "the file is still open");
    }

    [Fact]
    public void All_mounts_together_keep_a_bounded_number_of_files()
    {
        OpenedFile file = Open("one.txt");
        int each = RecentFiles.MostInProcess / 4;
        RecentFiles[] mounts = [.. Enumerable.Range(0, 16).Select(_ => new RecentFiles(-1, file.Facts.Device, TimeProvider.System))];
        foreach (RecentFiles mount in mounts)
        {
            for (int i = 0; i < each; i++)
            {
                mount.Add($"name-{i}", file);
            }
        }

        Assert.InRange(mounts.Sum(mount => mount.Count), 1, RecentFiles.MostInProcess);
        foreach (RecentFiles mount in mounts)
        {
            mount.Clear();
        }

        file.Release();
        Assert.False(file.TryAddReference(), "the file is still open");
    }

    public static TheoryData<string> Changes => [.. Changed.Keys];

    /// <summary>By name: what changes the file that the name leads to, or whether it may be opened.</summary>
    private static readonly Dictionary<string, Action<FileTree>> Changed = new()
    {
        ["appended to"] = tree => File.AppendAllText(tree.At("dir/inner.txt"), "more"),
        ["rewritten with the same length and time"] = tree => tree.Write("dir/inner.txt", "INNER"),
        ["deleted"] = tree => File.Delete(tree.At("dir/inner.txt")),
        ["replaced"] = tree => File.Move(tree.At("one.txt"), tree.At("dir/inner.txt"), overwrite: true),
        ["moved away and replaced"] = tree =>
        {
            File.Move(tree.At("dir/inner.txt"), tree.At("kept.txt"));
            File.Copy(tree.At("one.txt"), tree.At("dir/inner.txt"));
        },
        ["made unreadable"] = tree => File.SetUnixFileMode(tree.At("dir/inner.txt"), UnixFileMode.None),
        ["in a folder that was moved"] = tree => Directory.Move(tree.At("dir"), tree.At("moved")),
        ["in a folder that was replaced by a link"] = tree =>
        {
            Directory.Move(tree.At("dir"), tree.At("moved"));
            Directory.CreateSymbolicLink(tree.At("dir"), "dir2");
        },
    };

    [Theory]
    [MemberData(nameof(Changes))]
    public void A_changed_file_is_opened_again(string change)
    {
        OpenedFile file = Open("dir/inner.txt");
        _recent.Add("dir/inner.txt", file);
        file.Release();
        Changed[change](_tree);
        Assert.Null(_recent.TryGet("dir/inner.txt"));
        Assert.Equal(0, _recent.Count);
        Assert.False(file.TryAddReference(), "the old file is still open");
    }

    [Fact]
    public void A_link_that_was_swapped_is_followed()
    {
        OpenedFile file = Open("link.txt");
        _recent.Add("link.txt", file);
        file.Release();
        File.CreateSymbolicLink(_tree.At("next"), "one.txt");
        File.Move(_tree.At("next"), _tree.At("link.txt"), overwrite: true);
        Assert.Null(_recent.TryGet("link.txt"));
    }

    [Fact]
    public void Large_files_are_not_kept()
    {
        OpenedFile file = Open("b131072.bin");
        _recent.Add("b131072.bin", file);
        file.Release();
        Assert.Equal(0, _recent.Count);
    }

    [Fact]
    public void Unused_files_are_closed()
    {
        OpenedFile used = Open("one.txt"), unused = Open("ranges.txt");
        _recent.Add("one.txt", used);
        _recent.Add("ranges.txt", unused);
        used.Release();
        unused.Release();
        _recent.RemoveUnused();
        _recent.TryGet("one.txt")!.Release();
        _recent.RemoveUnused();
        Assert.Equal(1, _recent.Count);
        Assert.False(unused.TryAddReference(), "the unused file is still open");
    }

    [Fact]
    public void Files_of_a_mount_without_requests_are_closed_and_then_no_timer_runs()
    {
        ManualTime time = new();
        OpenedFile first = Open("one.txt"), second = Open("ranges.txt");
        RecentFiles recent = Open(new DirectIoFileOptions(), time).Recent!;
        Assert.Equal(Timeout.InfiniteTimeSpan, time.Due);
        recent.Add("one.txt", first);
        first.Release();
        File.Delete(_tree.At("one.txt"));
        Assert.Equal(RecentFiles.Interval, time.Due);
        time.Fire();
        Assert.Equal(RecentFiles.Interval, time.Due);
        time.Fire();
        Assert.Equal(0, recent.Count);
        Assert.False(first.TryAddReference(), "the file is still open");
        Assert.Equal(Timeout.InfiniteTimeSpan, time.Due);
        recent.Add("ranges.txt", second);
        Assert.Equal(RecentFiles.Interval, time.Due);
        time.Fire();
        recent.TryGet("ranges.txt")!.Release();
        time.Fire();
        Assert.Equal(1, recent.Count);
        recent.Clear();
        second.Release();
    }

    [Fact]
    public void The_number_of_files_is_limited()
    {
        List<OpenedFile> files = [];
        for (int number = 0; number < 3000; number++)
        {
            _tree.Write($"many/{number}.txt", "x");
            OpenedFile file = Open($"many/{number}.txt");
            _recent.Add($"many/{number}.txt", file);
            file.Release();
            files.Add(file);
        }

        Assert.InRange(_recent.Count, 1, 1024);
        _recent.Clear();
        Assert.All(files, file => Assert.False(file.TryAddReference(), "the file is still open"));
    }

    [Fact]
    public async Task Threads_that_add_use_and_remove_close_every_file()
    {
        List<OpenedFile>[] made = await Task.WhenAll(Enumerable.Range(0, 4).Select(number => Task.Run(() =>
        {
            string[] names = ["one.txt", "ranges.txt", "dir/inner.txt", "data.json"];
            List<OpenedFile> mine = [];
            for (int use = 0; use < 2000; use++)
            {
                string name = names[(use + number) % names.Length];
                OpenedFile? file = _recent.TryGet(name);
                if (file is null)
                {
                    file = Open(name);
                    mine.Add(file);
                    _recent.Add(name, file);
                }

                Assert.False(FileFacts.Of(file.Descriptor, out FileFacts facts).IsError, "a file in use is closed");
                Assert.Equal(file.Facts.Inode, facts.Inode);
                file.Release();
                if (use % 50 == number)
                {
                    _recent.RemoveUnused();
                }

                if (use % 200 == number)
                {
                    _recent.Clear();
                }
            }

            return mine;
        })));
        _recent.Clear();
        Assert.All(made.SelectMany(files => files), file => Assert.False(file.TryAddReference(), "the file is still open"));
    }

    [Fact]
    public void Files_are_not_kept_where_links_are_checked_or_the_cache_is_configured()
    {
        Assert.Null(Open(new DirectIoFileOptions { DisableSymlinks = SymlinkPolicy.Beneath }).Recent);
        Assert.Null(Open(new DirectIoFileOptions { OpenFileCache = new OpenFileCacheOptions { Max = 10 } }).Recent);
    }

    [Fact]
    public async Task Every_request_gets_the_current_file()
    {
        await using FileServer server = await FileServer.StartAsync(_tree.Root, options => options.DirectIoThreshold = null);
        for (int version = 0; version < 20; version++)
        {
            byte[] content = [(byte)version];
            _tree.Write("next", content);
            File.Move(_tree.At("next"), _tree.At("one.txt"), overwrite: true);
            Assert.Equal(content, (await RawReply.GetAsync(server.Port, "/one.txt")).Body);
            Assert.Equal(content, (await RawReply.GetAsync(server.Port, "/one.txt")).Body);
        }

        File.Delete(_tree.At("one.txt"));
        Assert.Equal(404, (await RawReply.GetAsync(server.Port, "/one.txt")).Status);
    }

    private FileRoot Open(DirectIoFileOptions options, TimeProvider? time = null) => RootPath.Open(
        _tree.Root, mustExist: true, options, new DeviceTable(NullLogger.Instance), time ?? TimeProvider.System, NullLogger.Instance)
        .Acquire();

    private OpenedFile Open(string name)
    {
        Assert.False(_root.Open(name, out OpenedFile? file, out _).IsError, name);
        return file!;
    }

    public void Dispose() => _tree.Dispose();
}
