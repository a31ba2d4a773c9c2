using System.Diagnostics;
using System.Globalization;
using System.Net.Sockets;
using System.Text.RegularExpressions;

namespace FileAio.Tests.Support;

/// <summary>samples/WebApp as a process of a user that has no other, so that a limit on that user's threads is the process's.</summary>
internal sealed class SampleAsUser : IDisposable
{
    private static int s_user = 61000 + (Environment.ProcessId % 1000);

    private readonly Process _process;
    private readonly int _user;
    private int _port;
    private Task<string> _output = Task.FromResult(""), _error = Task.FromResult("");

    private SampleAsUser(Process process, int user) => (_process, _user) = (process, user);

    public bool HasExited => _process.HasExited;

    /// <summary>Waits whether a process that does not answer is one that ends.</summary>
    public bool Exits() => _process.WaitForExit(TimeSpan.FromSeconds(10));

    /// <summary>What it printed, once it has exited.</summary>
    public string Printed => _output.Result + _error.Result;

    public static async Task<SampleAsUser> StartAsync(string files, string aio)
    {
        int user = Interlocked.Increment(ref s_user);
        SampleAsUser sample =
            new SampleAsUser(StartProcess("setpriv", $"--reuid={user}", $"--regid={user}", "--clear-groups", "dotnet", App,
            "--transport", "sockets", "--urls", "http://127.0.0.1:0", "--files", files, "--files-path", "/files", "--aio", aio,
                "--directio", "512", "--DirectIoFiles:ServeUnknownFileTypes=true"), user);
        List<string> told = [];
        while (sample._port == 0)
        {
            string? line = await sample._process.StandardOutput.ReadLineAsync(Deadline.Token);
            if (line is null)
            {
                string error = await sample._process.StandardError.ReadToEndAsync(Deadline.Token);
                sample.Dispose();
                Assert.Skip($"the sample does not start as another user: {string.Join(' ', told)} {error}");
            }
            told.Add(line);
            if (Regex.Match(line, @"Now listening on: http://127\.0\.0\.1:(\d+)") is { Success: true } match)
            {
                sample._port = int.Parse(match.Groups[1].Value, CultureInfo.InvariantCulture);
            }
        }
        sample._output = sample._process.StandardOutput.ReadToEndAsync();
        sample._error = sample._process.StandardError.ReadToEndAsync();
        Assert.Equal(200, (await RawReply.GetAsync(sample._port, "/transport")).Status); // its JSON is compiled by now
        return sample;
    }

    public void LimitThreadsToThoseThere()
        => Assert.True(TrySetLimit(Directory.GetDirectories($"/proc/{_process.Id}/task").Length.ToString(CultureInfo.InvariantCulture)));

    /// <returns>False when the process has ended.</returns>
    public bool TryLiftLimit() => TrySetLimit("4096");

    /// <summary>Null where the connection ended before there was a reply.</summary>
    public async Task<RawReply?> TryGetAsync(string target)
    {
        try
        {
            return await RawReply.GetAsync(_port, target);
        }
        catch (Exception ended) when (ended is SocketException or Xunit.Sdk.XunitException)
        {
            return null;
        }
    }

    public string Get(string target)
    {
        using HttpClient client = new HttpClient { Timeout = Deadline.Default };
        return client.GetStringAsync($"http://127.0.0.1:{_port}{target}").GetAwaiter().GetResult();
    }

    public void Dispose()
    {
        if (!_process.HasExited)
        {
            _process.Kill();
            _process.WaitForExit();
        }

        _process.Dispose();
    }

    private bool TrySetLimit(string threads)
    {
        // As that user: root needs CAP_SYS_RESOURCE for another's, which containers take away.
        using Process prlimit = StartProcess("setpriv", $"--reuid={_user}", $"--regid={_user}", "--clear-groups", "prlimit", "--pid",
            _process.Id.ToString(CultureInfo.InvariantCulture), $"--nproc={threads}:{4096}");
        prlimit.WaitForExit();
        if (prlimit.ExitCode == 0)
        {
            return true;
        }

        Assert.True(Exits(), prlimit.StandardError.ReadToEnd());
        return false;
    }

    private static Process StartProcess(string program, params string[] arguments)
    {
        try
        {
            return Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        }
        catch (System.ComponentModel.Win32Exception missing)
        {
            Assert.Skip($"{program}: {missing.Message}");
            throw;
        }
    }

    private static string App { get; } = Path.GetFullPath(Path.Combine(
        AppContext.BaseDirectory, "../../../../../samples/WebApp/bin", new DirectoryInfo(AppContext.BaseDirectory).Parent!.Name,
            "net10.0/WebApp.dll"));
}
