using FileAio.Files;
using FileAio.Tests.Support;
using Microsoft.Extensions.Logging.Abstractions;
using Errno = Shared.Interop.Errno;

namespace FileAio.Tests.Files;

/// <summary>nginx's open_file_cache, rule by rule.</summary>
public sealed class OpenFileCacheTests : IDisposable
{
    private readonly FileTree _tree = new();
    private readonly ManualTime _time = new();
    private readonly FileRoot _root;

    public OpenFileCacheTests() => _root = RootPath.Open(
        _tree.Root, mustExist: true, new DirectIoFileOptions(), new DeviceTable(NullLogger.Instance), TimeProvider.System,
            NullLogger.Instance).Acquire();

    [Fact]
    public void A_cached_name_uses_the_same_descriptor()
    {
        OpenFileCache cache = Make();
        OpenedFile first = Open(cache, "ranges.txt");
        Assert.True(cache.TryGet("ranges.txt", out OpenResult again));
        Assert.Same(first, again.File);
        cache.Clear();
        Assert.Equal(62, Size(first));
        first.Release();
        first.Release();
        Assert.False(first.TryAddReference(),
            "the last reader has gone, and the file is still open"); // its number may be another test's by now
    }

    [Fact]
    public void No_file_is_closed_while_it_is_read()
    {
        OpenFileCache cache = Make(options => options.Max = 1);
        OpenedFile first = Open(cache, "ranges.txt");
        OpenedFile second = Open(cache, "one.txt"); // takes the only place
        Assert.Equal(1, cache.Count);
        Assert.Equal(62, Size(first));
        first.Release();
        second.Release();
        Assert.Equal(1, Size(second));
        cache.Clear();
    }

    [Fact]
    public void Files_of_a_folder_without_requests_are_closed_and_then_no_timer_runs()
    {
        OpenFileCache cache = Make(options => options.Max = 200);
        Assert.Equal(Timeout.InfiniteTimeSpan, _time.Due);
        List<OpenedFile> files = [];
        for (int i = 0; i < 100; i++)
        {
            _tree.Write($"many/{i}.txt", "x");
            files.Add(Open(cache, $"many/{i}.txt"));
            files[i].Release();
        }

        Assert.Equal(TimeSpan.FromSeconds(60), _time.Due);
        _time.Fire();
        Assert.Equal(0, cache.Count);
        Assert.All(files, static file => Assert.False(file.TryAddReference(), "The file is still open."));
        Assert.Equal(Timeout.InfiniteTimeSpan, _time.Due);
    }

    [Fact]
    public void Two_names_of_a_file_share_its_descriptor()
    {
        OpenFileCache cache = Make();
        OpenedFile one = Open(cache, "ranges.txt");
        OpenedFile other = Open(cache, "link.txt");
        Assert.Same(one, other);
    }

    [Fact]
    public void A_changed_or_deleted_file_is_detected_at_once()
    {
        OpenFileCache cache = Make();
        Open(cache, "one.txt").Release();
        File.AppendAllText(_tree.At("one.txt"), "more");
        Assert.False(cache.TryGet("one.txt", out _));
        Open(cache, "data.json").Release();
        File.Delete(_tree.At("data.json"));
        Assert.False(cache.TryGet("data.json", out _));
    }

    [Fact]
    public void A_name_that_resolves_to_another_file_is_detected_after_Valid()
    {
        OpenFileCache cache = Make(options => options.Valid = TimeSpan.FromSeconds(30));
        Open(cache, "link.txt").Release();
        File.Delete(_tree.At("link.txt"));
        File.CreateSymbolicLink(_tree.At("link.txt"), "one.txt");
        Assert.True(cache.TryGet("link.txt", out OpenResult stale));
        stale.File!.Release();
        _time.Advance(TimeSpan.FromSeconds(30));
        Assert.False(cache.TryGet("link.txt", out _));
        Assert.Equal(1, Open(cache, "link.txt").Size);
    }

    [Fact]
    public void Unused_files_are_closed()
    {
        OpenFileCache cache = Make(options => options.Inactive = TimeSpan.FromSeconds(10));
        Open(cache, "one.txt").Release();
        _time.Advance(TimeSpan.FromSeconds(11));
        cache.TryGet("ranges.txt", out _);
        Assert.Equal(0, cache.Count);
    }

    [Fact]
    public void A_file_stays_open_only_after_MinUses()
    {
        OpenFileCache cache = Make(options => options.MinUses = 3);
        for (int use = 1; use <= 3; use++)
        {
            Assert.False(cache.TryGet("one.txt", out _));
            Open(cache, "one.txt").Release();
        }
        Assert.True(cache.TryGet("one.txt", out _));
    }

    [Fact]
    public void A_deleted_file_is_closed_when_its_name_is_requested_again()
    {
        OpenFileCache cache = Make();
        OpenedFile file = Open(cache, "one.txt");
        file.Release();
        File.Delete(_tree.At("one.txt"));
        Assert.False(cache.TryGet("one.txt", out _));
        Assert.Null(cache.Add("one.txt", new OpenResult(_root.Open("one.txt", out _, out _), null, false)).File);
        Assert.False(file.TryAddReference(), "nobody can ask for the file, and it is still open");
        Assert.Equal(0, cache.Count);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_missing_file_is_cached_if_configured(bool errors)
    {
        OpenFileCache cache = Make(options => options.Errors = errors);
        cache.Add("nx.txt", new OpenResult(SysResult.Error(Errno.ENOENT), null, false));
        Assert.Equal(errors, cache.TryGet("nx.txt", out OpenResult known));
        Assert.Equal(errors ? Errno.ENOENT : 0, known.Result.Errno);
    }

    [Fact]
    public async Task A_replaced_file_is_served_in_its_new_version()
    {
        await using FileServer server = await FileServer.StartAsync(_tree.Root, options => options.OpenFileCache.Max = 10);
        Assert.Equal(_tree.Bytes("b4097.bin"), (await RawReply.GetAsync(server.Port, "/b4097.bin")).Body);
        File.WriteAllBytes(_tree.At("new"), [1, 2, 3]);
        File.Move(_tree.At("new"), _tree.At("b4097.bin"), overwrite: true);
        Assert.Equal([1, 2, 3], (await RawReply.GetAsync(server.Port, "/b4097.bin")).Body);
    }

    private OpenFileCache Make(Action<OpenFileCacheOptions>? configure = null)
    {
        OpenFileCacheOptions options = new OpenFileCacheOptions { Max = 10 };
        configure?.Invoke(options);
        return new OpenFileCache(options, _time);
    }

    private OpenedFile Open(OpenFileCache cache, string name)
    {
        SysResult result = _root.Open(name, out OpenedFile? file, out _);
        return cache.Add(name, new OpenResult(result, file, false)).File!;
    }

    private static long Size(OpenedFile file)
    {
        Assert.False(FileFacts.Of(file.Descriptor, out FileFacts facts).IsError, "the descriptor is closed");
        return facts.Size;
    }

    public void Dispose() => _tree.Dispose();
}
