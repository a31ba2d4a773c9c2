using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Text.Json;

namespace Soak.Server;

/// <summary>The server in a process of its own, and what it writes to its log.</summary>
internal sealed class ServerProcess : IAsyncDisposable
{
    private const int KeptLines = 40;
    private const int KeptOfOneEvent = 3;
    private const int KeptCharacters = 600;

    /// <summary>What Kestrel logs, on every transport, of a request body whose client was reset in the middle of it.</summary>
    private const string DrainingFailed = "Kestrel[67]";

    private readonly Process _process;
    private readonly Task _reading;
    private readonly List<string> _lines = [];

    private ServerProcess(Process process, ServerPorts ports, Task reading, List<string> lines)
        => (_process, Ports, _reading, _lines) = (process, ports, reading, lines);

    public int Id => _process.Id;

    public ServerPorts Ports { get; }

    public bool HasExited => _process.HasExited;

    /// <summary>The first warnings and errors of its log.</summary>
    public IReadOnlyList<string> Lines
    {
        get
        {
            lock (_lines)
            {
                return [.. _lines];
            }
        }
    }

    /// <summary>Log entries of level Warning, and above it.</summary>
    public int Warnings { get; private set; }

    public int Errors { get; private set; }

    /// <exception cref="InvalidOperationException">It ended before it listened; the message has its output.</exception>
    public static async Task<ServerProcess> StartAsync(ServerSettings settings)
    {
        ProcessStartInfo start = new ProcessStartInfo("dotnet")
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.ArgumentList.Add(typeof(ServerProcess).Assembly.Location);
        foreach (string argument in settings.ToArguments())
        {
            start.ArgumentList.Add(argument);
        }

        Process process = Process.Start(start)!;
        if (await process.StandardOutput.ReadLineAsync() is not { } line)
        {
            throw new InvalidOperationException("The server did not start: " + await process.StandardError.ReadToEndAsync());
        }

        int[] ports = JsonSerializer.Deserialize<int[]>(line)!;
        ServerPorts where = new ServerPorts(Loopback(ports[0]), Loopback(ports[1]), Loopback(ports[2]));
        TaskCompletionSource reading = new TaskCompletionSource();
        ServerProcess server = new ServerProcess(process, where, reading.Task, []);
        _ = server.ReadLogAsync(reading);
        return server;
    }

    /// <summary>Asks it to stop and waits.</summary>
    /// <returns>How long it took; null where it had to be killed.</returns>
    public async Task<TimeSpan?> StopAsync()
    {
        long since = Stopwatch.GetTimestamp();
        _process.StandardInput.Close();
        try
        {
            await _process.WaitForExitAsync().WaitAsync(TimeSpan.FromSeconds(40));
            await _reading;
            return Stopwatch.GetElapsedTime(since);
        }
        catch (TimeoutException)
        {
            return null;
        }
    }

    public int ExitCode => _process.ExitCode;

    /// <summary>Bytes that the server allocated between the request to stop and its end; to be read once, after it.</summary>
    public async Task<long> AllocatedWhileStoppingAsync()
        => long.Parse(await _process.StandardOutput.ReadToEndAsync(), CultureInfo.InvariantCulture);

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
        {
            _process.Kill();
            await _process.WaitForExitAsync();
        }

        _process.Dispose();
    }

    private async Task ReadLogAsync(TaskCompletionSource ended)
    {
        while (await _process.StandardError.ReadLineAsync() is { } line)
        {
            bool warning = line.StartsWith("warn:", StringComparison.Ordinal);
            Warnings += warning ? 1 : 0;
            bool error = line.StartsWith("fail:", StringComparison.Ordinal) || line.StartsWith("crit:", StringComparison.Ordinal);
            if (error && line.Contains(DrainingFailed, StringComparison.Ordinal))
            {
                continue;
            }

            Errors += error ? 1 : 0;
            Keep(line);
        }

        ended.SetResult();
    }

    /// <summary>A few of each event: a flood of one must not push the others out.</summary>
    private void Keep(string line)
    {
        string @event = line[..(line.IndexOf(']') + 1)];
        lock (_lines)
        {
            if (_lines.Count < KeptLines && _lines.Count(one => one.StartsWith(@event, StringComparison.Ordinal)) < KeptOfOneEvent)
            {
                _lines.Add(line.Length > KeptCharacters ? line[..KeptCharacters] + "…" : line);
            }
        }
    }

    private static IPEndPoint Loopback(int port) => new(IPAddress.Loopback, port);
}
