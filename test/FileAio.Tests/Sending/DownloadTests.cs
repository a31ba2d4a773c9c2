using System.Diagnostics;
using System.Security.Cryptography;
using FileAio.Tests.Support;
using Microsoft.AspNetCore.Http;

namespace FileAio.Tests.Sending;

/// <summary>Downloads of 100 MB by clients that others wrote, by sendfile and by reads.</summary>
public sealed class DownloadTests(FileTree tree) : IClassFixture<FileTree>, IDisposable
{
    private const int Size = 100_000_000, Half = 50_000_000;
    private const string Name = "download.bin";

    /// <summary>Reads the file in the browser, and reports its digest.</summary>
    private const string Page = """
        <script>
        fetch('/download.bin').then(r => r.arrayBuffer()).then(b => crypto.subtle.digest('SHA-256', b))
          .then(d => Array.from(new Uint8Array(d), x => x.toString(16).padStart(2, '0')).join('').toUpperCase(), e => String(e))
          .then(t => fetch('/report', { method: 'POST', body: t }));
        </script>
        """;

    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    private readonly string _folder = Directory.CreateTempSubdirectory("downloads-").FullName;

    public static TheoryData<string, SendFileMode> Clients()
    {
        TheoryData<string, SendFileMode> rows = [];
        foreach (string client in new[] { "curl", "curl --limit-rate", "aria2c", "wget", "chromium" })
        {
            foreach (SendFileMode mode in Enum.GetValues<SendFileMode>())
            {
                rows.Add(client, mode);
            }
        }

        return rows;
    }

    [Theory]
    [MemberData(nameof(Clients))]
    public async Task A_client_receives_every_byte(string client, SendFileMode mode)
    {
        string tool = client.Split(' ')[0];
        Assert.SkipUnless(IsInstalled(tool), $"{tool} is not installed");
        string expected = Write();
        TaskCompletionSource<string> reported = new(TaskCreationOptions.RunContinuationsAsynchronously);
        await using FileServer server = await FileServer.StartAsync(
            tree.Root,
            options =>
            {
                options.SendFile = mode;
                // With sendfile on, larger files would be read directly, as in nginx.
                options.DirectIoThreshold = mode == SendFileMode.On ? null : 1 << 20;
            },
            alignedPool: true,
            before: builder => TransportCatalogue.Get("epoll").Apply(builder.WebHost, new TransportSettings()),
            first: app => app.Use(next => context => ReportAsync(context, next, reported)));

        string url = $"http://127.0.0.1:{server.Port}/";
        string to = Path.Combine(_folder, Name);
        switch (client)
        {
            case "curl":
                await RunAsync(tool, "-sSf", "-o", to, url + Name);
                break;
            case "curl --limit-rate":
                await RunAsync(tool, "-sSf", "--limit-rate", "40M", "-o", to, url + Name);
                break;
            case "aria2c":
                await RunAsync(tool, "-q", "-x16", "-s16", "-k1M", "--file-allocation=none", "-d", _folder, url + Name);
                break;
            case "wget":
                await File.WriteAllBytesAsync(to, tree.Slice(Name, 0, Half), TestContext.Current.CancellationToken);
                await RunAsync(tool, "-q", "-c", "-O", to, url + Name);
                break;
            case "chromium":
                tree.Write("page.html", Page);
                Assert.Equal(expected, await BrowseAsync(url + "page.html", reported.Task));
                return;
        }

        await using FileStream received = File.OpenRead(to);
        Assert.Equal(Size, received.Length);
        Assert.Equal(expected, Convert.ToHexString(await SHA256.HashDataAsync(received, TestContext.Current.CancellationToken)));
        await server.IdleAsync();
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private static async Task ReportAsync(HttpContext context, RequestDelegate next, TaskCompletionSource<string> reported)
    {
        if (context.Request.Path == "/report")
        {
            using StreamReader body = new(context.Request.Body);
            reported.TrySetResult(await body.ReadToEndAsync());
        }
        else
        {
            await next(context);
        }
    }

    /// <summary>Writes the file once. Returns its digest.</summary>
    private string Write()
    {
        if (!File.Exists(tree.At(Name)))
        {
            tree.Write(Name, RandomNumberGenerator.GetBytes(Size));
        }

        return Convert.ToHexString(SHA256.HashData(tree.Bytes(Name)));
    }

    private static bool IsInstalled(string tool) =>
        (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':').Any(folder => File.Exists(Path.Combine(folder, tool)));

    private static async Task RunAsync(string tool, params string[] arguments)
    {
        using Process process = Start(tool, arguments);
        Task<string> errors = process.StandardError.ReadToEndAsync();
        Task<string> output = process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync(TestContext.Current.CancellationToken).WaitAsync(Patience, TestContext.Current.CancellationToken);
        Assert.True(process.ExitCode == 0, $"{tool} ended with {process.ExitCode}: {await errors}{await output}");
    }

    private async Task<string> BrowseAsync(string url, Task<string> reported)
    {
        using Process process = Start("chromium", "--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage",
            "--no-first-run", $"--user-data-dir={Path.Combine(_folder, "profile")}", "--remote-debugging-port=0", url);
        process.ErrorDataReceived += static (_, _) => { };
        process.OutputDataReceived += static (_, _) => { };
        process.BeginErrorReadLine();
        process.BeginOutputReadLine();
        try
        {
            return await reported.WaitAsync(Patience, TestContext.Current.CancellationToken);
        }
        finally
        {
            process.Kill(entireProcessTree: true);
            await process.WaitForExitAsync(CancellationToken.None);
        }
    }

    private static Process Start(string tool, params string[] arguments) => Process.Start(new ProcessStartInfo(tool, arguments)
    {
        RedirectStandardError = true,
        RedirectStandardOutput = true,
    })!;
}
