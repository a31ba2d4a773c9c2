using System.Diagnostics;
using System.Globalization;

namespace Transport.Tests.Endpoints;

/// <summary>Another process that listens on a loopback port until it is disposed.</summary>
internal sealed class PortHolder : IDisposable
{
    private const string Source = """
        #include <arpa/inet.h>
        #include <stdio.h>
        #include <stdlib.h>
        #include <sys/socket.h>
        #include <unistd.h>

        int main(int argc, char **argv) {
            int fd = socket(AF_INET, SOCK_STREAM, 0), yes = 1;
            struct sockaddr_in a = { .sin_family = AF_INET, .sin_port = htons(atoi(argv[1])), .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
            socklen_t length = sizeof a;
            setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
            if (atoi(argv[2])) setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &yes, sizeof yes);
            if (bind(fd, (struct sockaddr *)&a, sizeof a) || listen(fd, 16)) { perror("bind"); return 1; }
            getsockname(fd, (struct sockaddr *)&a, &length);
            printf("%d\n", ntohs(a.sin_port));
            fflush(stdout);
            char c;
            while (read(0, &c, 1) > 0) { }
            return 0;
        }
        """;

    private readonly Process _process;

    private PortHolder(Process process, int port) => (_process, Port) = (process, port);

    public int Port { get; }

    public static async Task<PortHolder> StartAsync(bool reusePort, int port = 0)
    {
        string program = CCompiler.BuildProgram(Source, "port-holder");
        Process process = Process.Start(new ProcessStartInfo(program, [port.ToString(CultureInfo.InvariantCulture), reusePort ? "1" : "0"])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!;
        if (await process.StandardOutput.ReadLineAsync().WithinDeadline() is { } line)
        {
            return new PortHolder(process, int.Parse(line, CultureInfo.InvariantCulture));
        }

        using (process)
        {
            throw new InvalidOperationException(await process.StandardError.ReadToEndAsync());
        }
    }

    public void Dispose()
    {
        _process.StandardInput.Close();
        _process.WaitForExit();
        _process.Dispose();
    }
}
