using System.Diagnostics;

namespace FileAio.Tests.Hosting;

/// <summary>samples/WebApp started with wrong options: exit code 2, and a line for each, by the name that was typed.</summary>
public sealed class SampleTests
{
    [Theory]
    [InlineData("--directio abc", "--directio is \"abc\"; allowed: a size such as 4194304 or 4m, or off.")]
    [InlineData("--directio 0", "--directio is 0; allowed: 1 byte or more, or off.")]
    [InlineData("--aio foo", "--aio is \"foo\"; allowed: On, Off, Threads, Posix, Uring.")]
    [InlineData("--output-buffers x", "--output-buffers is \"x\"; allowed: a count and a size such as 1 128k.")]
    [InlineData("--output-buffers 0,128k", "--output-buffers 0,128k: Count is 0; allowed: 1 to 64.")]
    [InlineData("--DirectIoFiles:MaxRanges=-1", "--DirectIoFiles:MaxRanges is -1; allowed: 0 or more, or unlimited.")]
    [InlineData("--DirectIoFiles:DirectIoThreshold=abc",
        "--DirectIoFiles:DirectIoThreshold is \"abc\"; allowed: a size such as 4194304 or 4m, or off.")]
    [InlineData("--files /no/such/folder", "--files is \"/no/such/folder\"; allowed: a folder that exists.")]
    [InlineData("--files-path files", "--files-path is \"files\"; allowed: a path that begins with /.")]
    [InlineData("--files-path //files", "--files-path is \"//files\"; allowed: a path that begins with /, with no //, /./ or /../ in it.")]
    [InlineData("--files-path /a/../b", "--files-path is \"/a/../b\"; allowed: a path that begins with /, with no //, /./ or /../ in it.")]
    [InlineData("--aligned-pool maybe", "--aligned-pool is \"maybe\"; allowed: true, false.")]
    [InlineData("--files= --directio 4m", "--directio is \"4m\"; allowed: only with --files DIR.")]
    [InlineData("--transport carrier --aio foo --DirectIoFiles:Threads=0",
        "--transport carrier: not one of", "--aio is \"foo\"; allowed: On, Off, Threads, Posix, Uring.",
            "--DirectIoFiles:Threads is 0; allowed: 1 to 1024.")]
    public async Task A_wrong_option_ends_it_with_one_line_and_2(string arguments, params string[] lines)
    {
        // A later --files wins over the first.
        ProcessStartInfo start = new ProcessStartInfo("dotnet",
            [App, "--urls", "http://127.0.0.1:0", "--files", AppContext.BaseDirectory, .. arguments.Split(' ')])
        {
            RedirectStandardError = true,
            RedirectStandardOutput = true,
        };
        using Process sample = Process.Start(start)!;
        try
        {
            Task<string> output = sample.StandardOutput.ReadToEndAsync(Deadline.Token);
            string error = await sample.StandardError.ReadToEndAsync(Deadline.Token);
            await sample.WaitForExitAsync(Deadline.Token);
            string[] told = error.Split('\n', StringSplitOptions.RemoveEmptyEntries);
            Assert.Equal(lines.Length, told.Length);
            Assert.All(lines.Zip(told), pair => Assert.StartsWith("WebApp: " + pair.First, pair.Second));
            Assert.Equal("", await output);
            Assert.Equal(2, sample.ExitCode);
        }
        finally
        {
            sample.Kill(); // one that took the option and serves
        }
    }

    /// <summary>
    /// Built with these tests, in the same configuration: <c>samples/WebApp/bin/Release/net10.0</c> beside
    /// <c>test/FileAio.Tests/bin/Release/net10.0</c>.
    /// </summary>
    private static string App { get; } = Path.GetFullPath(Path.Combine(
        AppContext.BaseDirectory, "../../../../../samples/WebApp/bin", new DirectoryInfo(AppContext.BaseDirectory).Parent!.Name,
            "net10.0/WebApp.dll"));
}
