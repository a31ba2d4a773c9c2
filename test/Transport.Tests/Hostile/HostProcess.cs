using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using System.Net;

namespace Transport.Tests.Hostile;

/// <summary>test/ServerHost in a process of its own, with a limit of its own.</summary>
internal sealed class HostProcess : IAsyncDisposable
{
    private readonly Process _process;
    private readonly ConcurrentQueue<string> _lines = new();
    private readonly TaskCompletionSource<int> _port = new(TaskCreationOptions.RunContinuationsAsynchronously);

    private HostProcess(Process process) => _process = process;

    public IPEndPoint EndPoint { get; private set; } = new(IPAddress.Loopback, 0);

    public int Id => _process.Id;

    public bool HasExited => _process.HasExited;

    /// <summary>What it has printed.</summary>
    public string Output => string.Join('\n', _lines);

    /// <summary>Descriptors that it has open.</summary>
    public int Descriptors => Directory.GetFileSystemEntries($"/proc/{_process.Id}/fd").Length;

    /// <summary>Processor time that it has used, of all threads.</summary>
    public TimeSpan ProcessorTime
    {
        get
        {
            _process.Refresh();
            return _process.TotalProcessorTime;
        }
    }

    /// <param name="transport">What serves.</param>
    /// <param name="descriptorLimit">RLIMIT_NOFILE of the process.</param>
    /// <param name="arguments">Further arguments of ServerHost.</param>
    public static Task<HostProcess> StartAsync(TransportUnderTest transport, int descriptorLimit, params string[] arguments) =>
        StartAsync([], transport, descriptorLimit, arguments);

    /// <param name="wrapper">A command that executes the one that follows it.</param>
    /// <param name="transport">What serves.</param>
    /// <param name="descriptorLimit">RLIMIT_NOFILE of the process.</param>
    /// <param name="arguments">Further arguments of ServerHost.</param>
    public static async Task<HostProcess> StartAsync(
        string[] wrapper, TransportUnderTest transport, int descriptorLimit, params string[] arguments)
    {
        string dotnet = Environment.GetEnvironmentVariable("DOTNET_HOST_PATH") ?? "dotnet";
        string limit = descriptorLimit.ToString(CultureInfo.InvariantCulture);
        ProcessStartInfo start =
            new("prlimit",
                [
                    $"--nofile={limit}", .. wrapper, dotnet, Path.Combine(AppContext.BaseDirectory, "ServerHost.dll"), transport.Name,
                    .. arguments,
                ])
            {
                RedirectStandardOutput = true,
                RedirectStandardError = true,
            };

        // What the test runner puts there is not for the child: a diagnostics port takes descriptors.
        start.Environment["DOTNET_EnableDiagnostics"] = "0";
        HostProcess host = new(new Process { StartInfo = start });
        host._process.OutputDataReceived += (_, line) => host.Read(line.Data);
        host._process.ErrorDataReceived += (_, line) => host.Read(line.Data);
        host._process.EnableRaisingEvents = true;
        host._process.Exited += (_, _) => _ = host.FailWhenReadAsync();
        host._process.Start();
        host._process.BeginOutputReadLine();
        host._process.BeginErrorReadLine();
        try
        {
            host.EndPoint = new IPEndPoint(IPAddress.Loopback, await host._port.Task.WithinDeadline());
            return host;
        }
        catch (Exception exception)
        {
            if (host.HasExited)
            {
                // Until all of its output is read.
                await host._process.WaitForExitAsync();
            }

            await host.DisposeAsync();
            throw new InvalidOperationException($"ServerHost did not start: {host.Output}", exception);
        }
    }

    /// <summary>Changes the limits of the running process, as "soft:hard".</summary>
    public async Task SetDescriptorLimitAsync(string limit)
    {
        using Process prlimit = Process.Start("prlimit", [$"--pid={_process.Id}", $"--nofile={limit}"]);
        await prlimit.WaitForExitAsync().WithinDeadline();
        Assert.Equal(0, prlimit.ExitCode);
    }

    /// <summary>SIGTERM.</summary>
    /// <returns>The exit code.</returns>
    public async Task<int> StopAsync()
    {
        await SignalAsync("TERM");
        return await ExitedAsync();
    }

    /// <summary>Waits until the process has ended by itself.</summary>
    /// <returns>The exit code.</returns>
    public async Task<int> ExitedAsync()
    {
        await _process.WaitForExitAsync().WithinDeadline();
        return _process.ExitCode;
    }

    /// <summary>kill(1).</summary>
    public async Task SignalAsync(string signal)
    {
        using Process kill = Process.Start("kill", [$"-{signal}", _process.Id.ToString(CultureInfo.InvariantCulture)]);
        await kill.WaitForExitAsync().WithinDeadline();
    }

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
        {
            _process.Kill();
            await _process.WaitForExitAsync();
        }

        _process.Dispose();
    }

    /// <summary>Until all of its output is read: a process that ends soon after its start has printed its port.</summary>
    private async Task FailWhenReadAsync()
    {
        await _process.WaitForExitAsync();
        _port.TrySetException(new InvalidOperationException("ServerHost has exited."));
    }

    private void Read(string? line)
    {
        if (line is null)
        {
            return;
        }

        _lines.Enqueue(line);
        if (int.TryParse(line, CultureInfo.InvariantCulture, out int port))
        {
            _port.TrySetResult(port);
        }
    }
}
