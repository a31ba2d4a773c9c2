using Transport.Tests.Hostile;

namespace Transport.Tests.Rings;

/// <summary>The io_uring transport in a process of its own, which is forbidden io_uring, interrupted, stopped, and ended.</summary>
[Trait("Category", "Hostile")]
public class UringProcessTests
{
    private const int Descriptors = 6000;

    /// <summary>Returns an error from io_uring's system calls, as the profiles of container runtimes do, and executes a command.</summary>
    private const string Seccomp = """
        #include <errno.h>
        #include <linux/filter.h>
        #include <linux/seccomp.h>
        #include <stddef.h>
        #include <stdlib.h>
        #include <sys/prctl.h>
        #include <sys/syscall.h>
        #include <unistd.h>
        int main(int argc, char **argv) {
            unsigned error = argc > 2 ? (unsigned)atoi(argv[1]) : 0;
            struct sock_filter filter[] = {
                BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
                BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, SYS_io_uring_setup, 0, 2),
                BPF_JUMP(BPF_JMP | BPF_JGT | BPF_K, SYS_io_uring_register, 1, 0),
                BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | error),
                BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
            };
            struct sock_fprog program = { sizeof filter / sizeof filter[0], filter };
            if (!error || prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) || prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program)) return 125;
            execvp(argv[2], argv + 2);
            return 126;
        }
        """;

    [Theory]
    [Transports(Errno.EPERM, Model = "uring", Variants = true)]
    [Transports(Errno.ENOSYS, Model = "uring")]
    [Transports(Errno.ENOMEM, Model = "uring")]
    public async Task Where_seccomp_forbids_it_epoll_serves(TransportUnderTest transport, Errno error)
    {
        Assert.SkipWhen(CCompiler.Unavailable is not null, CCompiler.Unavailable ?? "");
        string wrapper = CCompiler.BuildProgram(Seccomp, "forbid-uring");
        await using HostProcess host = await HostProcess.StartAsync([wrapper, $"{(int)error}"], transport, Descriptors);
        using RawClient client = await RawClient.ConnectAsync(host.EndPoint);
        Assert.Equal(200, (await client.GetAsync("/")).Status);
        await Deadline.Until(() => host.Output.Contains("Using epoll instead.", StringComparison.Ordinal), () => host.Output);
        Assert.Contains($"io_uring is not available: io_uring_setup failed: ", host.Output, StringComparison.Ordinal);
        Assert.Contains($"(errno {(int)error}).", host.Output, StringComparison.Ordinal);
        Assert.Equal(0, await host.StopAsync());
    }

    /// <summary>SIGSTOP and SIGCONT end a wait in the kernel, and so does a signal with a handler.</summary>
    [Theory]
    [Transports("STOP", "CONT", Model = "uring")]
    [Transports("WINCH", "CHLD", Model = "uring")]
    public async Task Signals_under_load_lose_no_request(TransportUnderTest transport, string first, string second)
    {
        await using HostProcess host = await HostProcess.StartAsync(transport, Descriptors);
        using CancellationTokenSource enough = new();
        int[] requests = new int[16];
        Task[] clients = [.. Enumerable.Range(0, requests.Length).Select(i => Task.Run(async () =>
        {
            using RawClient client = await RawClient.ConnectAsync(host.EndPoint);
            while (!enough.IsCancellationRequested)
            {
                Assert.Equal(200, (await client.GetAsync("/")).Status);
                Interlocked.Increment(ref requests[i]);
            }
        }))];
        for (int i = 0; i < 20; i++)
        {
            await host.SignalAsync(first);
            await host.SignalAsync(second);
            int[] before = [.. requests];
            await Deadline.Until(
                () => Array.TrueForAll(clients, client => !client.IsCompleted)
                    && before.Index().All(client => Volatile.Read(ref requests[client.Index]) > client.Item),
                () => $"Nothing is answered after {second}.");
        }

        await enough.CancelAsync();
        await Task.WhenAll(clients).WithinDeadline();
        Assert.Equal(0, await host.StopAsync());
    }

    /// <summary>Each of them has a receive in flight, which is cancelled and completed before its descriptor is closed.</summary>
    [Theory, Transports(Model = "uring")]
    public async Task Five_thousand_idle_connections_are_ended(TransportUnderTest transport)
    {
        await using HostProcess host = await HostProcess.StartAsync(transport, Descriptors);
        List<RawClient> clients = [];
        for (int i = 0; i < 5000; i++)
        {
            clients.Add(await RawClient.ConnectAsync(host.EndPoint));
        }

        // The last one is answered: all before it have been accepted.
        Assert.Equal(200, (await clients[^1].GetAsync("/")).Status);
        Assert.Equal(0, await host.StopAsync());
        foreach (RawClient client in clients)
        {
            await client.DrainAsync();
            client.Dispose();
        }
    }
}
