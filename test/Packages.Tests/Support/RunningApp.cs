using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Text.RegularExpressions;

namespace Packages.Tests.Support;

/// <summary>A published application as a process, on a port of the kernel's choosing.</summary>
internal sealed partial class RunningApp : IAsyncDisposable
{
    private static readonly TimeSpan Deadline = TimeSpan.FromMinutes(1);

    private readonly Process _process;
    private readonly List<string> _printed;
    private readonly HttpClient _client;

    private RunningApp(Process process, List<string> printed, int port)
    {
        _process = process;
        _printed = printed;
        _client = new HttpClient { BaseAddress = new Uri($"http://127.0.0.1:{port}"), Timeout = Deadline };
    }

    public Uri Address => _client.BaseAddress!;

    public string Printed
    {
        get
        {
            lock (_printed)
            {
                return string.Join('\n', _printed);
            }
        }
    }

    /// <summary>Returns when the application says where it listens.</summary>
    public static Task<RunningApp> StartAsync(string folder, string program, params string[] arguments) =>
        StartAsync("Production", folder, program, arguments);

    /// <inheritdoc cref="StartAsync(string, string, string[])"/>
    public static async Task<RunningApp> StartAsync(string environment, string folder, string program, string[] arguments)
    {
        ProcessStartInfo start = new(program, arguments)
        {
            WorkingDirectory = folder,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.Environment["DOTNET_ENVIRONMENT"] = environment;
        start.Environment["ASPNETCORE_ENVIRONMENT"] = environment;
        Process process = Process.Start(start)!;
        List<string> printed = [];
        TaskCompletionSource<int> port = new(TaskCreationOptions.RunContinuationsAsynchronously);
        void Add(string? line)
        {
            lock (printed)
            {
                printed.Add(line ?? "");
            }

            if (line is not null && ListensOn().Match(line) is { Success: true } match)
            {
                port.TrySetResult(int.Parse(match.Groups[1].Value, CultureInfo.InvariantCulture));
            }
        }

        process.EnableRaisingEvents = true;
        process.Exited += (_, _) => port.TrySetException(new InvalidOperationException("The application has exited."));
        process.OutputDataReceived += (_, line) => Add(line.Data);
        process.ErrorDataReceived += (_, line) => Add(line.Data);
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        try
        {
            return new RunningApp(process, printed, await port.Task.WaitAsync(Deadline));
        }
        catch (Exception exception)
        {
            process.Kill();
            await process.WaitForExitAsync();
            Assert.Fail($"{program} did not start to listen: {exception.Message}\n{string.Join('\n', printed)}");
            throw;
        }
    }

    public Task<string> GetAsync(string path) => _client.GetStringAsync(path);

    /// <summary>Asks for bytes <paramref name="from"/> to <paramref name="to"/>, both included.</summary>
    public async Task<(HttpStatusCode Status, byte[] Body)> GetRangeAsync(string path, long from, long to)
    {
        using HttpRequestMessage request = new(HttpMethod.Get, path);
        request.Headers.Range = new RangeHeaderValue(from, to);
        using HttpResponseMessage response = await _client.SendAsync(request);
        return (response.StatusCode, await response.Content.ReadAsByteArrayAsync());
    }

    /// <summary>SIGTERM, as a service manager stops it.</summary>
    /// <returns>The exit code.</returns>
    public async Task<int> StopAsync()
    {
        using Process kill = Process.Start("kill", [$"{_process.Id}"]);
        await _process.WaitForExitAsync().WaitAsync(Deadline);
        return _process.ExitCode;
    }

    public async ValueTask DisposeAsync()
    {
        _client.Dispose();
        if (!_process.HasExited)
        {
            _process.Kill();
            await _process.WaitForExitAsync();
        }

        _process.Dispose();
    }

    [GeneratedRegex(@"Now listening on: http://127\.0\.0\.1:(\d+)")]
    private static partial Regex ListensOn();
}
