using System.Diagnostics;
using System.Diagnostics.CodeAnalysis;
using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using Bench.Interop;
using Bench.Measuring;

namespace Bench.Servers;

/// <summary>A process of a sample application on one transport, with three end points: HTTP/1.1, HTTP/2 with prior knowledge, and
/// https.</summary>
internal sealed class WebAppServer : Server
{
    private static readonly TimeSpan StartLimit = TimeSpan.FromSeconds(30);
    private const int StartAttempts = 3;
    private static readonly TimeSpan StopLimit = TimeSpan.FromSeconds(10);

    /// <summary>By default the runtime delays the recompilation of hot methods while it encounters new ones, and settles after 15 to 25
    /// seconds under these loads. Without the delay it settles after six. The resulting code is the same.</summary>
    private const string CallCountingDelay = "DOTNET_TC_CallCountingDelayMs";

    private readonly SampleApp _app;
    private readonly Process _process;
    private readonly HttpClient _http = new() { Timeout = TimeSpan.FromSeconds(30) };
    private readonly Queue<string> _lastLines = new();
    private readonly TaskCompletionSource _started = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private volatile bool _lostPort;
    private readonly int _http2Port;
    private readonly int _httpsPort;

    [SetsRequiredMembers]
    private WebAppServer(SampleApp app, ServerSpec spec, CorePlacement cores, IReadOnlyList<string> extra)
    {
        (_app, Spec, Cores) = (app, spec, cores);
        EndPoint = new IPEndPoint(IPAddress.Loopback, FreePort());
        (_http2Port, _httpsPort) = (FreePort(), FreePort());
        string[] command =
        [
            .. cores.Server.Pin("dotnet", app.Path), "--transport", spec.Transport, .. spec.Arguments, .. extra,
            .. app.Listen(EndPoint.Port, _http2Port, _httpsPort),
        ];
        _process = ChildProcess.Start(command, new Dictionary<string, string>(spec.Environment) { [CallCountingDelay] = "0" });
        _process.OutputDataReceived += (_, line) => OnLine(line.Data);
        _process.ErrorDataReceived += (_, line) => OnLine(line.Data);
        _process.BeginOutputReadLine();
        _process.BeginErrorReadLine();
    }

    public ServerSpec Spec { get; }

    public override string Name => Spec.Name;

    /// <summary>taskset(1) executes the command in its own process, so the id of the child is the id of the server.</summary>
    public override int ProcessId => _process.Id;

    public override IPEndPoint EndPoint { get; }

    public override string Http2 => $"http://127.0.0.1:{_http2Port}";

    public override string Https => $"https://127.0.0.1:{_httpsPort}";

    /// <summary>Starts the application and waits until it listens.</summary>
    /// <param name="app">The application.</param>
    /// <param name="spec">The transport and its options.</param>
    /// <param name="cores">The processors of the server and of its client.</param>
    /// <param name="extra">Additional command-line arguments.</param>
    /// <param name="filesPrefix">The URL prefix of served files.</param>
    /// <param name="cancellation">Cancels the start.</param>
    /// <exception cref="InvalidOperationException">The process did not start; the message has its last lines of output.</exception>
    public static async Task<WebAppServer> StartAsync(
        SampleApp app, ServerSpec spec, CorePlacement cores, IReadOnlyList<string> extra, string filesPrefix,
        CancellationToken cancellation)
    {
        if (!File.Exists(app.Path))
        {
            throw new FileNotFoundException("The sample is not built; ./build.sh bench builds it.", app.Path);
        }

        for (int attempt = 1; ; attempt++)
        {
            WebAppServer server = new WebAppServer(app, spec, cores, extra) { FilesPrefix = filesPrefix };
            try
            {
                Task ended = server._process.WaitForExitAsync(cancellation);
                if (await Task.WhenAny(server._started.Task, ended, Task.Delay(StartLimit, cancellation)) != server._started.Task)
                {
                    cancellation.ThrowIfCancellationRequested();
                    throw new InvalidOperationException($"{spec.Name} did not start: {server.LastLines()}");
                }

                server.UsesCpuWhenIdle = await server.MeasureIdleCpuAsync(cancellation);
                return server;
            }
            catch (InvalidOperationException) when (attempt < StartAttempts && server._lostPort)
            {
                await server.DisposeAsync();   // another process took the port between the search for a free one and the start
            }
            catch
            {
                await server.DisposeAsync();
                throw;
            }
        }
    }

    /// <summary>Returns the names of all transports of the sample.</summary>
    public static async Task<IReadOnlyList<string>> ListTransportsAsync() =>
        (await ChildProcess.TryReadAsync("dotnet", SampleApp.WebApp.Path, "--transport", "list"))
            ?.Split('\n', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries)
        ?? throw new InvalidOperationException($"The command 'dotnet {SampleApp.WebApp.Path} --transport list' failed.");

    public override async Task<SelfReport?> AskAsync(CancellationToken cancellation) => !_app.Reports ? null
        : await _http.GetFromJsonAsync<SelfReport>(Http + "/transport", JsonSerializerOptions.Web, cancellation);

    public override async Task CollectAsync(CancellationToken cancellation)
    {
        using HttpResponseMessage response = await _http.PostAsync(new Uri(Http + "/collect"), content: null, cancellation);
        response.EnsureSuccessStatusCode();
    }

    public override async ValueTask DisposeAsync()
    {
        _http.Dispose();
        if (!_process.HasExited)
        {
            Thaw();
            Signal(Libc.SIGTERM);
            using CancellationTokenSource limit = new CancellationTokenSource(StopLimit);
            try
            {
                await _process.WaitForExitAsync(limit.Token);
            }
            catch (OperationCanceledException)
            {
                _process.Kill();   // the graceful shutdown exceeded its limit
                await _process.WaitForExitAsync(CancellationToken.None);
            }
        }

        _process.Dispose();
    }

    private async Task<bool> MeasureIdleCpuAsync(CancellationToken cancellation)
    {
        await Task.Delay(TimeSpan.FromSeconds(0.3), cancellation);   // the rest of start-up
        TimeSpan? before = CpuClock.Read(ProcessId);
        TimeSpan watched = TimeSpan.FromSeconds(0.2);
        await Task.Delay(watched, cancellation);
        return CpuClock.Read(ProcessId) - before > watched / 4;
    }

    private void OnLine(string? line)
    {
        if (line is null)
        {
            return;
        }

        lock (_lastLines)
        {
            _lastLines.Enqueue(line.Trim());
            if (_lastLines.Count > 5)
            {
                _lastLines.Dequeue();
            }
        }

        _lostPort |= line.Contains("address already in use", StringComparison.OrdinalIgnoreCase);
        if (line.Contains("Application started", StringComparison.Ordinal))
        {
            _started.TrySetResult();
        }
    }

    private string LastLines()
    {
        lock (_lastLines)
        {
            return string.Join(" / ", _lastLines);
        }
    }
}
