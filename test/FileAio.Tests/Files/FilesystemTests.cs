using System.Diagnostics;
using FileAio.Files;
using FileAio.Tests.Support;
using Microsoft.Extensions.Logging;
using Microsoft.Win32.SafeHandles;

namespace FileAio.Tests.Files;

/// <summary>
/// Filesystems that refuse direct reads, or ask for another alignment. Skipped, with mount's reason, where it may not be called.
/// </summary>
[Collection(nameof(Alone))]
public sealed class FilesystemTests : IDisposable
{
    private const int Size = 1048579;
    private readonly string _base = Directory.CreateDirectory(Path.Combine(AppContext.BaseDirectory, "mounts", Path.GetRandomFileName()))
        .FullName;
    private readonly Stack<string[]> _undo = new();

    [Fact]
    public Task Ramfs_does_not_support_O_DIRECT_and_is_read_as_memory()
    {
        Mount("ramfs", "none", "disk");
        return ServesAsync("disk", direct: false);
    }

    [Fact]
    public Task Tmpfs_is_not_read_by_O_DIRECT()
    {
        Mount("tmpfs", "none", "disk");
        return ServesAsync("disk", direct: false);
    }

    [Fact]
    public Task Overlay_over_ramfs_is_detected()
    {
        Mount("ramfs", "none", "lower");
        Fill("lower");
        foreach (string? name in new[] { "upper", "work" })
        {
            Directory.CreateDirectory(At(name));
        }

        Mount("overlay", "overlay", "disk", "-o", $"lowerdir={At("lower")},upperdir={At("upper")},workdir={At("work")}");
        return ServesAsync("disk", direct: false, fill: false);
    }

    [Fact]
    public Task A_disk_of_4_KiB_sectors_has_its_alignment()
    {
        using (FileStream image = File.Create(At("image")))
        {
            image.SetLength(64 << 20);
        }

        Run("mkfs.ext4", "-q", "-b", "4096", At("image"));
        string device = Run("losetup", "-b", "4096", "--find", "--show", At("image")).Trim();
        _undo.Push(["losetup", "-d", device]);
        Mount("ext4", device, "disk");
        return ServesAsync("disk", direct: true, alignment: 4096);
    }

    private async Task ServesAsync(string name, bool direct, bool fill = true, int? alignment = null)
    {
        if (fill)
        {
            Fill(name);
        }

        await using (FileServer server = await FileServer.StartAsync(At(name)))
        {
            byte[] expected = FileTree.Pattern(Size, 0);
            Assert.Equal(expected, (await RawReply.GetAsync(server.Port, "/file.bin")).Body);
            RawReply part = await RawReply.GetAsync(server.Port, "/file.bin", "Range: bytes=512-300000");
            Assert.Equal(expected[512..300001], part.Body);
            Assert.Equal(direct ? 0 : 1, server.Log.At(LogLevel.Information).Count(line => line.Contains("does not support direct reads")));
            await server.IdleAsync();
        }
        if (alignment is null)
        {
            return;
        }

        using SafeFileHandle handle = File.OpenHandle(Path.Combine(At(name), "file.bin"));
        FileAio.Files.FileFacts.Of((int)handle.DangerousGetHandle(), out FileFacts facts);
        Assert.Equal(alignment, facts.DirectOffsetAlignment);
    }

    private string At(string name) => Path.Combine(_base, name);

    private void Fill(string name) => File.WriteAllBytes(Path.Combine(At(name), "file.bin"), FileTree.Pattern(Size, 0));

    private void Mount(string type, string source, string name, params string[] options)
    {
        Directory.CreateDirectory(At(name));
        Run("mount", ["-t", type, .. options, source, At(name)]);
        _undo.Push(["umount", At(name)]);
    }

    private static string Run(string program, params string[] arguments)
    {
        Process process;
        try
        {
            process = Process.Start(
                new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        }
        catch (System.ComponentModel.Win32Exception missing)
        {
            Assert.Skip($"{program}: {missing.Message}");
            return "";
        }
        using (process)
        {
            string output = process.StandardOutput.ReadToEnd();
            string error = process.StandardError.ReadToEnd();
            process.WaitForExit();
            Assert.SkipUnless(process.ExitCode == 0, $"{program} {string.Join(' ', arguments)}: {error.Trim()}");
            return output;
        }
    }

    public void Dispose()
    {
        while (_undo.TryPop(out string[]? command))
        {
            Process.Start(new ProcessStartInfo(command[0], command[1..]) { RedirectStandardError = true })!.WaitForExit();
        }

        Directory.Delete(_base, recursive: true);
    }
}
