using System.Diagnostics;
using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Bench.Interop;

namespace Bench.Servers;

/// <summary>nginx with one worker process and a configuration of its own in a temporary folder.</summary>
internal sealed class NginxServer : Server
{
    private readonly Process _process;
    private readonly string _folder;

    [SetsRequiredMembers]
    private NginxServer(string name, CorePlacement cores, string directives, string files)
    {
        Cores = cores;
        Name = name;
        EndPoint = new IPEndPoint(IPAddress.Loopback, FreePort());
        _folder = Directory.CreateTempSubdirectory("bench-nginx-").FullName;
        string user = Environment.IsPrivilegedProcess ? "user root;" : "";
        File.WriteAllText(Path.Combine(_folder, "nginx.conf"), $$"""
            {{user}} daemon off; worker_processes 1; pid {{_folder}}/pid; error_log {{_folder}}/error.log;
            events { worker_connections 4096; }
            http {
              access_log off; keepalive_requests 1000000000; default_type application/octet-stream;
              client_body_temp_path {{_folder}}; proxy_temp_path {{_folder}}; fastcgi_temp_path {{_folder}};
              uwsgi_temp_path {{_folder}}; scgi_temp_path {{_folder}};
              {{directives}}
              server {
                listen {{EndPoint}};
                location = /plaintext { default_type text/plain; return 200 "Hello, World!"; }
                location /files/ { alias {{files}}/; }
              }
            }

            """);
        _process = ChildProcess.Start(cores.Server.Pin("nginx", "-p", _folder, "-c", Path.Combine(_folder, "nginx.conf")));
    }

    public override string Name { get; }

    public override int ProcessId => _process.Id;

    /// <summary>The master process and its worker.</summary>
    public override IReadOnlyList<int> ProcessIds =>
    [
        _process.Id,
        .. File.ReadAllText($"/proc/{_process.Id}/task/{_process.Id}/children")
            .Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(id => int.Parse(id, CultureInfo.InvariantCulture)),
    ];

    public override IPEndPoint EndPoint { get; }

    public static async Task<NginxServer> StartAsync(
        string name, CorePlacement cores, string directives, string files, CancellationToken cancellation)
    {
        NginxServer server = new NginxServer(name, cores, directives, files);
        for (int attempt = 0; attempt < 100 && !server._process.HasExited; attempt++)
        {
            using Socket probe = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
            try
            {
                await probe.ConnectAsync(server.EndPoint, cancellation);
                return server;
            }
            catch (SocketException)
            {
                await Task.Delay(50, cancellation);   // not listening yet
            }
        }

        string words = server._process.HasExited ? await server._process.StandardError.ReadToEndAsync(cancellation) : "it does not listen";
        await server.DisposeAsync();
        throw new InvalidOperationException($"{name} did not start: {words.Trim()}");
    }

    public override async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
        {
            _ = Libc.kill(_process.Id, Libc.SIGTERM);   // the master stops its worker
            await _process.WaitForExitAsync(CancellationToken.None);
        }

        _process.Dispose();
        Directory.Delete(_folder, recursive: true);
    }
}
